# General models: weights that they begin with, and what their stages reach.


# Downloads are each machine's own, wherever the results are.
rule fetch_backbone:
    output:
        weights=local("results/weights/{backbone}.pth"),
        said="results/weights/{backbone}.json",
    log:
        "results/logs/fetch_backbone/{backbone}.log",
    wildcard_constraints:
        backbone="mobilenetv3_large|efficientnet_b3",
    # A cluster's nodes may have no way out to the network.
    localrule: True
    conda:
        "../../envs/affectmix.yaml"
    params:
        code=code_digest(SCRIPTS / "fetch_backbone.py"),
    script:
        "../../scripts/fetch_backbone.py"


rule gather_general:
    input:
        searches=lambda w: general_report.searches(w.experiment),
    output:
        "results/general/{experiment}.parquet",
    log:
        "results/logs/gather_general/{experiment}.log",
    benchmark:
        "results/benchmarks/gather_general/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: general_report.settings(w.experiment),
        code=code_digest(SCRIPTS / "gather_general.py"),
    script:
        "../../scripts/gather_general.py"
