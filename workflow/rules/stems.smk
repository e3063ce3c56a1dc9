# Stems: the mix of every clip taken apart, shard by shard; only where a feature needs it.


# Once, before all shards: weights that are missing end the run here and not in each job.
rule fetch_weights:
    output:
        "results/stems/{separator}/weights.json",
    log:
        "results/logs/fetch_weights/{separator}.log",
    priority: 4
    # A cluster's nodes may have no way out to the network.
    localrule: True
    conda:
        "../../envs/affectmix.yaml"
    params:
        separator=lambda w: stems.separator_settings(w.separator),
        demucs=versions()["demucs"],
        code=code_digest(SCRIPTS / "fetch_weights.py"),
    script:
        "../../scripts/fetch_weights.py"


rule separate_stems:
    input:
        unpack(lambda w: stems.audio_inputs(w.corpus, w.shard, "mix")),
        weights=lambda w: stems.weights(w.separator),
    output:
        stems=directory("results/stems/{separator}/{corpus}/{shard}"),
        table="results/stems/{separator}/{corpus}/{shard}.parquet",
    log:
        "results/logs/separate_stems/{separator}-{corpus}-{shard}.log",
    benchmark:
        "results/benchmarks/separate_stems/{separator}-{corpus}-{shard}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: stems.gpus(w.separator, submits=submits()),
    params:
        separator=lambda w: stems.separator_settings(w.separator),
        clips=lambda w: project.shard_clips(w.corpus, w.shard),
        given=lambda w: stems.given(w.separator, w.corpus, w.shard),
        seed=project.config["seed"],
        demucs=versions()["demucs"],
        librosa=versions()["librosa"],
        code=code_digest(SCRIPTS / "separate_stems.py"),
    script:
        "../../scripts/separate_stems.py"


rule measure_separation:
    input:
        unpack(lambda w: stems.quality_inputs(w.separator, w.corpus)),
    output:
        "results/separation/{separator}/{corpus}.parquet",
    log:
        "results/logs/measure_separation/{separator}-{corpus}.log",
    benchmark:
        "results/benchmarks/measure_separation/{separator}-{corpus}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    params:
        clips=lambda w: stems.quality_clips(w.corpus),
        torchmetrics=versions()["torchmetrics"],
        code=code_digest(SCRIPTS / "measure_separation.py"),
    script:
        "../../scripts/measure_separation.py"
