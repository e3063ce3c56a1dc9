# AutoML: searches by programs that run in Python environments of their own.


# Where conda does not make them (--software-deployment-method conda), this does. The output's
# name holds a digest of all that it hangs on, the pins: any input or parameter beside it would
# make the same environment anew where a project was moved or another interpreter named.
rule make_environment:
    output:
        local(environments.pattern),
    log:
        "results/logs/make_environment/{backend}-{pins}.log",
        pip="results/logs/make_environment/{backend}-{pins}.pip.log",
    localrule: True
    conda:
        "../../envs/affectmix.yaml"
    script:
        "../../scripts/make_environment.py"


# One task per outer fold; under the paper's protocol one per repeat, with all refits in it.
rule pose_automl:
    input:
        unpack(lambda w: files.cell_inputs(w.cell)),
    output:
        rows=temp("results/automl/{cell}/{part}.rows.parquet"),
        folds=temp("results/automl/{cell}/{part}.folds.parquet"),
        settings=temp("results/automl/{cell}/{part}.settings.json"),
    log:
        "results/logs/pose_automl/{cell}-{part}.log",
    benchmark:
        "results/benchmarks/pose_automl/{cell}-{part}.tsv"
    wildcard_constraints:
        cell=project.cells_by("autosklearn", "flaml"),
    conda:
        "../../envs/affectmix.yaml"
    params:
        cell=lambda w: project.cell_settings(w.cell),
        code=code_digest(SCRIPTS / "pose_automl.py"),
    script:
        "../../scripts/pose_automl.py"


rule run_autosklearn:
    input:
        rows="results/automl/{cell}/{part}.rows.parquet",
        folds="results/automl/{cell}/{part}.folds.parquet",
        settings="results/automl/{cell}/{part}.settings.json",
        environment=local(ancient(environments.ready("autosklearn"))),
    output:
        predictions="results/automl/{cell}/{part}.{target}.parquet",
        description="results/automl/{cell}/{part}.{target}.json",
    log:
        "results/logs/run_autosklearn/{cell}-{part}-{target}.log",
    benchmark:
        "results/benchmarks/run_autosklearn/{cell}-{part}-{target}.tsv"
    wildcard_constraints:
        cell=project.cells_by("autosklearn"),
    conda:
        "../../envs/autosklearn.yaml"
    threads: 1
    resources:
        mem_mb=lambda w, threads: threads * project.memory_mb(w.cell),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        # Of threads, so that neither they nor this machine's paths make a search stale.
        supervise=lambda w, threads: environments.supervise(
            "autosklearn", threads=threads
        ),
        code=code_digest(
            SCRIPTS / "automl" / "run_autosklearn.py",
            "automl_task",
            "autosklearn_components",
            "autosklearn_outcome",
        ),
    shell:
        "{params.supervise} --rows {input.rows:q} --folds {input.folds:q}"
        " --settings {input.settings:q} --target {wildcards.target}"
        " --predictions {output.predictions:q} --description {output.description:q}"
        " --log {log:q}"


rule run_flaml:
    input:
        rows="results/automl/{cell}/{part}.rows.parquet",
        folds="results/automl/{cell}/{part}.folds.parquet",
        settings="results/automl/{cell}/{part}.settings.json",
        environment=local(ancient(environments.ready("flaml"))),
    output:
        predictions="results/automl/{cell}/{part}.{target}.parquet",
        description="results/automl/{cell}/{part}.{target}.json",
    log:
        "results/logs/run_flaml/{cell}-{part}-{target}.log",
    benchmark:
        "results/benchmarks/run_flaml/{cell}-{part}-{target}.tsv"
    wildcard_constraints:
        cell=project.cells_by("flaml"),
    conda:
        "../../envs/flaml.yaml"
    threads: 1
    resources:
        mem_mb=lambda w, threads: threads * project.memory_mb(w.cell),
    params:
        cell=lambda w: project.cell_settings(w.cell),
        # Of threads, so that neither they nor this machine's paths make a search stale.
        supervise=lambda w, threads: environments.supervise("flaml", threads=threads),
        code=code_digest(
            SCRIPTS / "automl" / "run_flaml.py", "automl_task", "flaml_estimators"
        ),
    shell:
        "{params.supervise} --rows {input.rows:q} --folds {input.folds:q}"
        " --settings {input.settings:q} --target {wildcards.target}"
        " --predictions {output.predictions:q} --description {output.description:q}"
        " --log {log:q}"


rule collect_automl:
    input:
        unpack(lambda w: files.cell_inputs(w.cell, features=False)),
        unpack(lambda w: files.automl_outputs(w.cell, repeat=w.repeat, fold=w.fold)),
    output:
        predictions="results/cells/{cell}/{repeat}-{fold}.parquet",
        train="results/cells/{cell}/{repeat}-{fold}.train.parquet",
        search="results/cells/{cell}/{repeat}-{fold}.search.json",
    log:
        "results/logs/collect_automl/{cell}-{repeat}-{fold}.log",
    benchmark:
        "results/benchmarks/collect_automl/{cell}-{repeat}-{fold}.tsv"
    wildcard_constraints:
        cell=project.cells_by("autosklearn", "flaml"),
    conda:
        "../../envs/affectmix.yaml"
    params:
        cell=lambda w: project.cell_settings(w.cell),
        code=code_digest(SCRIPTS / "collect_automl.py"),
    script:
        "../../scripts/collect_automl.py"
