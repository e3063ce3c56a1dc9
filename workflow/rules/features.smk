# Features: one compact file per shard, joined into one table per corpus.


# Not behind the scan: what finds twins among recordings may change without touching features.
rule extract_opensmile:
    input:
        unpack(lambda w: stems.audio_inputs(w.corpus, w.shard, w.stem)),
    output:
        "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
    log:
        "results/logs/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/extract_opensmile/{feature_set}-{stem}-{corpus}-{shard}.tsv"
    wildcard_constraints:
        feature_set=stems.functionals,
        stem=stems.single,
    conda:
        "../../envs/affectmix.yaml"
    params:
        opensmile=versions()["opensmile"],
        clips=lambda w: stems.clips(w.corpus, w.shard, w.stem),
        code=code_digest(SCRIPTS / "extract_opensmile.py"),
    script:
        "../../scripts/extract_opensmile.py"


# Log-mels have no merged table: a corpus's shards are the dataset.
rule extract_logmel:
    input:
        unpack(lambda w: stems.audio_inputs(w.corpus, w.shard, w.stem)),
        mixes=lambda w: stems.audio_inputs(w.corpus, w.shard, "mix")["audio"],
    output:
        "results/features/{feature_set}/{stem}/{corpus}/{shard}.parquet",
    log:
        "results/logs/extract_logmel/{feature_set}-{stem}-{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/extract_logmel/{feature_set}-{stem}-{corpus}-{shard}.tsv"
    wildcard_constraints:
        feature_set=stems.logmels,
        stem=stems.single,
    conda:
        "../../envs/affectmix.yaml"
    params:
        librosa=versions()["librosa"],
        recipe=lambda w: stems.recipes[w.feature_set].settings(),
        clips=lambda w: stems.clips(w.corpus, w.shard, w.stem),
        mixes=lambda w: project.shard_clips(w.corpus, w.shard),
        code=code_digest(SCRIPTS / "extract_logmel.py"),
    script:
        "../../scripts/extract_logmel.py"


rule merge_features:
    input:
        audio="results/corpora/{corpus}/audio.parquet",
        shards=lambda w: stems.feature_shards(w.feature_set, w.stem, w.corpus),
    output:
        features="results/features/{feature_set}/{stem}/{corpus}.parquet",
        nonfinite="results/features/{feature_set}/{stem}/{corpus}.nonfinite.csv",
    log:
        "results/logs/merge_features/{feature_set}-{stem}-{corpus}.log",
    benchmark:
        "results/benchmarks/merge_features/{feature_set}-{stem}-{corpus}.tsv"
    wildcard_constraints:
        feature_set=stems.functionals,
        corpus=stems.by_size(merged=True),
    conda:
        "../../envs/affectmix.yaml"
    params:
        stems=lambda w: stems.column_stems(w.stem),
        code=code_digest(SCRIPTS / "merge_features.py"),
    script:
        "../../scripts/merge_features.py"


# Of corpora with more clips than merge_up_to: their shards are the dataset, and cells read them.
rule count_nonfinite:
    input:
        audio="results/corpora/{corpus}/audio.parquet",
        shards=lambda w: stems.feature_shards(w.feature_set, w.stem, w.corpus),
    output:
        "results/features/{feature_set}/{stem}/{corpus}.nonfinite.csv",
    log:
        "results/logs/count_nonfinite/{feature_set}-{stem}-{corpus}.log",
    wildcard_constraints:
        feature_set=stems.functionals,
        corpus=stems.by_size(merged=False),
    conda:
        "../../envs/affectmix.yaml"
    params:
        stems=lambda w: stems.column_stems(w.stem),
        code=code_digest(SCRIPTS / "count_nonfinite.py"),
    script:
        "../../scripts/count_nonfinite.py"
