# Listeners: general models tuned to single people, and what that is worth.


# Where a fold's songs lie among sounds, by training rows alone. Of a network, its songs'
# features and the fold's own model.
rule hear_songs:
    input:
        unpack(lambda w: files.cell_inputs(w.cell)),
        search="results/cells/{cell}/{repeat}-{fold}.search.json",
    output:
        "results/users/songs/{cell}/{repeat}-{fold}.safetensors",
    log:
        "results/logs/hear_songs/{cell}-{repeat}-{fold}.log",
    benchmark:
        "results/benchmarks/hear_songs/{cell}-{repeat}-{fold}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: files.gpus(w.cell, submits=submits()),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        code=code_digest(SCRIPTS / "hear_songs.py"),
    script:
        "../../scripts/hear_songs.py"


rule tune_listeners:
    input:
        unpack(lambda w: listeners.inputs(w.experiment)),
    output:
        "results/users/{experiment}.parquet",
    log:
        "results/logs/tune_listeners/{experiment}.log",
    benchmark:
        "results/benchmarks/tune_listeners/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: listeners.cells(w.experiment),
        listeners=lambda w: listeners.settings(w.experiment),
        code=code_digest(SCRIPTS / "tune_listeners.py"),
    script:
        "../../scripts/tune_listeners.py"
