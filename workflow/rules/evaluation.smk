# Evaluation: one way of measuring for all learners, and the proof that nothing leaked.


rule gather_predictions:
    input:
        lambda w: files.cell_files(w.experiment, ".parquet"),
    output:
        "results/predictions/{experiment}.parquet",
    log:
        "results/logs/gather_predictions/{experiment}.log",
    benchmark:
        "results/benchmarks/gather_predictions/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: [cell.name for cell in project.experiments[w.experiment]],
        fields=lambda w: {c.name: c.fields() for c in project.experiments[w.experiment]},
        jobs=lambda w: {
            c.name: project.cell_jobs(c) for c in project.experiments[w.experiment]
        },
        code=code_digest(SCRIPTS / "gather_predictions.py"),
    script:
        "../../scripts/gather_predictions.py"


rule compute_metrics:
    input:
        "results/predictions/{experiment}.parquet",
    output:
        parquet="results/metrics/{experiment}.parquet",
        csv=report(
            "results/metrics/{experiment}.csv",
            caption="../report/metrics.rst",
            category="Tables",
            subcategory="{experiment}",
            labels={"table": "all metrics"},
        ),
        coverage="results/coverage/{experiment}.parquet",
    log:
        "results/logs/compute_metrics/{experiment}.log",
    benchmark:
        "results/benchmarks/compute_metrics/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        models=lambda w: sorted(
            {cell.name for cell in project.experiments[w.experiment]}
            & {*project.final_models()}
        ),
        code=code_digest(SCRIPTS / "compute_metrics.py"),
    script:
        "../../scripts/compute_metrics.py"


rule audit_cells:
    input:
        unpack(lambda w: files.audit_inputs(w.experiment)),
    output:
        findings="results/audit/{experiment}.findings.parquet",
        summary="results/audit/{experiment}.parquet",
    log:
        "results/logs/audit_cells/{experiment}.log",
    benchmark:
        "results/benchmarks/audit_cells/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: {
            c.name: project.cell_settings(c.name)
            for c in project.experiments[w.experiment]
        },
        repeats=lambda w: {
            c.name: project.schemes[c.scheme].repeats
            for c in project.experiments[w.experiment]
        },
        jobs=lambda w: {
            c.name: project.cell_jobs(c) for c in project.experiments[w.experiment]
        },
        code=code_digest(SCRIPTS / "audit_cells.py"),
    script:
        "../../scripts/audit_cells.py"


# Of experiments that have a learner's cells on every combination of some stems.
rule measure_contributions:
    input:
        "results/predictions/{experiment}.parquet",
    output:
        "results/contributions/{experiment}.parquet",
    log:
        "results/logs/measure_contributions/{experiment}.log",
    benchmark:
        "results/benchmarks/measure_contributions/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: files.contribution_settings(w.experiment)["cells"],
        features=lambda w: files.contribution_settings(w.experiment)["features"],
        means=lambda w: files.contribution_settings(w.experiment)["means"],
        code=code_digest(SCRIPTS / "measure_contributions.py"),
    script:
        "../../scripts/measure_contributions.py"


# Of the clips in which a stem moves a prediction most, to be heard in the report.
rule cut_excerpts:
    input:
        unpack(lambda w: stem_report.excerpt_inputs(w.experiment)),
        contributions="results/contributions/{experiment}.parquet",
    output:
        "results/excerpts/{experiment}.parquet",
    log:
        "results/logs/cut_excerpts/{experiment}.log",
    benchmark:
        "results/benchmarks/cut_excerpts/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        clips=lambda w: stem_report.excerpt_clips(w.experiment),
        code=code_digest(SCRIPTS / "cut_excerpts.py"),
    script:
        "../../scripts/cut_excerpts.py"


# Of experiments whose learner hears segments: what the report says of them, and lets hear.
rule describe_segments:
    input:
        unpack(lambda w: segment_report.inputs(w.experiment)),
    output:
        **{
            kind: f"results/segments/{kind}/{{experiment}}.parquet"
            for kind in SEGMENT_TABLES
        },
    log:
        "results/logs/describe_segments/{experiment}.log",
    benchmark:
        "results/benchmarks/describe_segments/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        cells=lambda w: segment_report.settings(w.experiment),
        clips=lambda w: segment_report.clips(w.experiment),
        code=code_digest(SCRIPTS / "describe_segments.py"),
    script:
        "../../scripts/describe_segments.py"


# What can be learned from the demo is known: a regression on the true causes says it.
rule measure_oracle:
    output:
        "results/oracle.parquet",
    log:
        "results/logs/measure_oracle.log",
    benchmark:
        "results/benchmarks/measure_oracle.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        settings={
            corpus: project.corpus_settings(corpus)
            for corpus in project.used
            if project.generated(corpus)
        },
        code=code_digest(SCRIPTS / "measure_oracle.py"),
    script:
        "../../scripts/measure_oracle.py"
