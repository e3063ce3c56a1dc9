# Cells: search, train and test; one job per cell, repeat and fold.


# The search over all folds, of the final model and of cells under the paper's protocol.
rule search_cell:
    input:
        unpack(lambda w: files.cell_inputs(w.cell)),
    output:
        "results/cells/{cell}/{repeat}.search.json",
    log:
        "results/logs/search_cell/{cell}-{repeat}.log",
    benchmark:
        "results/benchmarks/search_cell/{cell}-{repeat}.tsv"
    wildcard_constraints:
        cell=project.cells_by(None),
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: files.gpus(w.cell, submits=submits()),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        code=code_digest(SCRIPTS / "search_cell.py"),
    script:
        "../../scripts/search_cell.py"


rule evaluate_cell:
    input:
        unpack(lambda w: files.cell_inputs(w.cell)),
        search=lambda w: branch(
            project.cell(w.cell).protocol == "paper",
            then=f"results/cells/{w.cell}/{w.repeat}.search.json",
            otherwise=[],
        ),
    output:
        predictions="results/cells/{cell}/{repeat}-{fold}.parquet",
        train="results/cells/{cell}/{repeat}-{fold}.train.parquet",
        search="results/cells/{cell}/{repeat}-{fold}.search.json",
    log:
        "results/logs/evaluate_cell/{cell}-{repeat}-{fold}.log",
    benchmark:
        "results/benchmarks/evaluate_cell/{cell}-{repeat}-{fold}.tsv"
    wildcard_constraints:
        cell=project.cells_by(None, segments=False),
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: files.gpus(w.cell, submits=submits()),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        code=code_digest(SCRIPTS / "evaluate_cell.py"),
    script:
        "../../scripts/evaluate_cell.py"


# Learners that hear segments also leave what they say of each one.
use rule evaluate_cell as evaluate_segments with:
    output:
        predictions="results/cells/{cell}/{repeat}-{fold}.parquet",
        train="results/cells/{cell}/{repeat}-{fold}.train.parquet",
        search="results/cells/{cell}/{repeat}-{fold}.search.json",
        segments="results/cells/{cell}/{repeat}-{fold}.segments.parquet",
    log:
        "results/logs/evaluate_segments/{cell}-{repeat}-{fold}.log",
    benchmark:
        "results/benchmarks/evaluate_segments/{cell}-{repeat}-{fold}.tsv"
    wildcard_constraints:
        cell=project.cells_by(None, segments=True),


# One fold once more, of learners that may not come to the same twice, as on a GPU.
rule evaluate_again:
    input:
        unpack(lambda w: again.inputs(w.cell)),
    output:
        "results/again/{cell}.parquet",
    log:
        "results/logs/evaluate_again/{cell}.log",
    benchmark:
        "results/benchmarks/evaluate_again/{cell}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: files.gpus(w.cell, submits=submits()),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        repeat=lambda w: again.job(w.cell)[0],
        fold=lambda w: again.job(w.cell)[1],
        code=code_digest(SCRIPTS / "evaluate_again.py"),
    script:
        "../../scripts/evaluate_again.py"


# The mean of other cells' predictions, which are asked for by it.
rule blend_cell:
    input:
        unpack(lambda w: files.member_files(w.cell, repeat=w.repeat, fold=w.fold)),
    output:
        predictions="results/cells/{cell}/{repeat}-{fold}.parquet",
        train="results/cells/{cell}/{repeat}-{fold}.train.parquet",
    log:
        "results/logs/blend_cell/{cell}-{repeat}-{fold}.log",
    benchmark:
        "results/benchmarks/blend_cell/{cell}-{repeat}-{fold}.tsv"
    wildcard_constraints:
        cell=project.cells_by("blend"),
    conda:
        "../../envs/affectmix.yaml"
    params:
        task=lambda w: str(project.task(project.cell(w.cell).learner)),
        code=code_digest(SCRIPTS / "blend_cell.py"),
    script:
        "../../scripts/blend_cell.py"


rule fit_model:
    input:
        unpack(lambda w: models.inputs(w.cell)),
        search="results/cells/{cell}/0.search.json",
    output:
        model="results/models/{cell}/model.json",
        card="results/models/{cell}/README.md",
        arrays="results/models/{cell}/model.safetensors",
        calibration="results/models/{cell}/calibration.safetensors",
        sums="results/models/{cell}/SHA256SUMS",
    log:
        "results/logs/fit_model/{cell}.log",
    benchmark:
        "results/benchmarks/fit_model/{cell}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    threads: 1
    resources:
        gpu=lambda w: files.gpus(w.cell, submits=submits()),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        hearing=lambda w: models.hearing(w.cell),
        code=code_digest(SCRIPTS / "fit_model.py"),
    script:
        "../../scripts/fit_model.py"
