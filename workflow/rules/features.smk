# Features: one compact file per shard, joined into one table per corpus.


rule extract_opensmile:
    input:
        "results/corpora/{corpus}/scan/{shard}.parquet",
    output:
        "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
    params:
        settings=lambda w: project.corpus_settings(w.corpus),
        min_duration_s=project.config["min_duration_s"],
        code=code_digest(SCRIPTS / "extract_opensmile.py"),
    log:
        "results/logs/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    script:
        "../../scripts/extract_opensmile.py"


rule merge_features:
    input:
        lambda w: expand(
            "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
            feature_set=w.feature_set,
            stem=w.stem,
            corpus=w.corpus,
            shard=project.used_shards(w.corpus),
        ),
    output:
        features="results/features/{feature_set}/{stem}/{corpus}.parquet",
        nonfinite="results/features/{feature_set}/{stem}/{corpus}.nonfinite.csv",
    params:
        code=code_digest(SCRIPTS / "merge_features.py"),
    log:
        "results/logs/merge_features/{feature_set}-{stem}-{corpus}.log",
    conda:
        "../../envs/affectmix.yaml"
    script:
        "../../scripts/merge_features.py"
