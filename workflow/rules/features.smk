# Features: one compact file per shard, joined into one table per corpus.


# Not behind the scan: what finds twins among recordings may change without touching features.
rule extract_opensmile:
    input:
        lambda w: branch(
            project.generated(w.corpus),
            then=f"results/demo/{w.corpus}/{w.shard}.done",
            otherwise=[],
        ),
    output:
        "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
    log:
        "results/logs/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        opensmile=versions()["opensmile"],
        clips=lambda w: project.shard_clips(w.corpus, w.shard),
        code=code_digest(SCRIPTS / "extract_opensmile.py"),
    script:
        "../../scripts/extract_opensmile.py"


rule merge_features:
    input:
        audio="results/corpora/{corpus}/audio.parquet",
        shards=lambda w: expand(
            "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
            feature_set=w.feature_set,
            stem=w.stem,
            corpus=w.corpus,
            shard=project.used_shards(w.corpus),
        ),
    output:
        features="results/features/{feature_set}/{stem}/{corpus}.parquet",
        nonfinite="results/features/{feature_set}/{stem}/{corpus}.nonfinite.csv",
    log:
        "results/logs/merge_features/{feature_set}-{stem}-{corpus}.log",
    conda:
        "../../envs/affectmix.yaml"
    params:
        code=code_digest(SCRIPTS / "merge_features.py"),
    script:
        "../../scripts/merge_features.py"
