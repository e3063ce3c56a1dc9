# Splits: made once per corpus and scheme, whatever is trained on them later.


rule assign_classes:
    input:
        labels="results/corpora/{corpus}/labels.parquet",
        audio="results/corpora/{corpus}/audio.parquet",
    output:
        "results/classes/{corpus}.parquet",
    log:
        "results/logs/assign_classes/{corpus}.log",
    benchmark:
        "results/benchmarks/assign_classes/{corpus}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        min_size=project.config["classes"]["min_size"],
        code=code_digest(SCRIPTS / "assign_classes.py"),
    script:
        "../../scripts/assign_classes.py"


rule make_splits:
    input:
        classes="results/classes/{corpus}.parquet",
        groups="results/groups.parquet",
        pinned=lambda w: [
            local(file) for file in project.pinned_splits(w.corpus, w.scheme)
        ],
    output:
        splits="results/splits/{corpus}/{scheme}.parquet",
        warnings="results/splits/{corpus}/{scheme}.warnings.json",
    log:
        "results/logs/make_splits/{corpus}-{scheme}.log",
    benchmark:
        "results/benchmarks/make_splits/{corpus}-{scheme}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        repeats=lambda w: project.schemes[w.scheme].repeats,
        seed=project.config["seed"],
        code=code_digest(SCRIPTS / "make_splits.py"),
    script:
        "../../scripts/make_splits.py"
