# Published weights of networks that are trained on: fetched once, and checked.


rule fetch_backbone:
    output:
        weights="results/weights/{backbone}.pth",
        said="results/weights/{backbone}.json",
    log:
        "results/logs/fetch_backbone/{backbone}.log",
    wildcard_constraints:
        backbone="mobilenetv3_large|efficientnet_b3",
    conda:
        "../../envs/affectmix.yaml"
    params:
        code=code_digest(SCRIPTS / "fetch_backbone.py"),
    script:
        "../../scripts/fetch_backbone.py"
