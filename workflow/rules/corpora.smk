# Corpora: what the audio files are, what their labels say, and which clips belong together.


rule synthesize_demo:
    # The mark comes last and is stored last: with it, the folder is whole.
    output:
        audio=directory("results/demo/{corpus}/{shard}"),
        made="results/demo/{corpus}/{shard}.done",
    log:
        "results/logs/synthesize_demo/{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/synthesize_demo/{corpus}-{shard}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        audio=lambda w: project.audio_settings(w.corpus),
        clips=lambda w: project.shard_clips(w.corpus, w.shard),
        code=code_digest(SCRIPTS / "synthesize_demo.py"),
    script:
        "../../scripts/synthesize_demo.py"


# Of corpora made by a formula, which says what each section of a clip sounds like.
rule index_sections:
    output:
        "results/demo/{corpus}/sections.parquet",
    log:
        "results/logs/index_sections/{corpus}.log",
    benchmark:
        "results/benchmarks/index_sections/{corpus}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        settings=lambda w: project.corpus_settings(w.corpus),
        code=code_digest(SCRIPTS / "index_sections.py"),
    script:
        "../../scripts/index_sections.py"


# Before all else: bad audio should stop a run before hours of features.
rule scan_audio:
    input:
        unpack(lambda w: stems.audio_inputs(w.corpus, w.shard, "mix")),
    output:
        "results/corpora/{corpus}/scan/{shard}.parquet",
    log:
        "results/logs/scan_audio/{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/scan_audio/{corpus}-{shard}.tsv"
    priority: 2
    conda:
        "../../envs/affectmix.yaml"
    params:
        clips=lambda w: project.shard_clips(w.corpus, w.shard),
        code=code_digest(SCRIPTS / "scan_audio.py"),
    script:
        "../../scripts/scan_audio.py"


rule index_audio:
    input:
        lambda w: expand(
            "results/corpora/{corpus}/scan/{shard}.parquet",
            corpus=w.corpus,
            shard=project.used_shards(w.corpus),
        ),
    output:
        audio="results/corpora/{corpus}/audio.parquet",
        left_out="results/corpora/{corpus}/left_out.parquet",
    log:
        "results/logs/index_audio/{corpus}.log",
    benchmark:
        "results/benchmarks/index_audio/{corpus}.tsv"
    priority: 3
    conda:
        "../../envs/affectmix.yaml"
    params:
        on_bad_audio=project.config["on_bad_audio"],
        min_duration_s=project.config["min_duration_s"],
        code=code_digest(SCRIPTS / "index_audio.py"),
    script:
        "../../scripts/index_audio.py"


rule index_labels:
    input:
        lambda w: [local(str(file)) for file in project.corpora[w.corpus].label_files()],
    output:
        labels="results/corpora/{corpus}/labels.parquet",
        ratings="results/corpora/{corpus}/ratings.parquet",
    log:
        "results/logs/index_labels/{corpus}.log",
    benchmark:
        "results/benchmarks/index_labels/{corpus}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        settings=lambda w: project.corpus_settings(w.corpus),
        code=lambda w: code_digest(
            SCRIPTS / "index_labels.py", project.adapter_module(w.corpus)
        ),
    script:
        "../../scripts/index_labels.py"


# Sources come as parameters and not through labels.parquet: an edited rating must not touch
# the groups, which the splits of every corpus hang on.
rule group_clips:
    input:
        [
            f"results/corpora/{corpus}/scan/{shard}.parquet"
            for corpus in project.used
            for shard in project.used_shards(corpus)
        ],
    output:
        groups="results/groups.parquet",
        reasons="results/group_reasons.parquet",
    log:
        "results/logs/group_clips.log",
    benchmark:
        "results/benchmarks/group_clips.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        sources=lambda w: {corpus: project.sources(corpus) for corpus in project.used},
        by=project.config["groups"],
        min_duration_s=project.config["min_duration_s"],
        code=code_digest(SCRIPTS / "group_clips.py"),
    script:
        "../../scripts/group_clips.py"
