# Report: tables and figures by the papers' numbers, and one page that tells what they say.


rule draw_figures:
    input:
        unpack(lambda w: files.label_files(w.experiment)),
        unpack(lambda w: files.rating_files(w.experiment)),
        unpack(lambda w: stem_report.tables(w.experiment)),
        unpack(lambda w: segment_report.tables(w.experiment)),
        unpack(lambda w: general_report.tables(w.experiment)),
        unpack(lambda w: listeners.tables(w.experiment)),
        unpack(lambda w: again.tables(w.experiment)),
        metrics="results/metrics/{experiment}.parquet",
        coverage="results/coverage/{experiment}.parquet",
        audit="results/audit/{experiment}.parquet",
        findings="results/audit/{experiment}.findings.parquet",
        oracle=files.oracle_files(),
    output:
        report(
            directory("results/figures/{experiment}"),
            patterns=["{name}.svg"],
            caption="../report/figures.rst",
            category="Figures",
            subcategory="{experiment}",
            labels={"figure": "{name}"},
        ),
    log:
        "results/logs/draw_figures/{experiment}.log",
    benchmark:
        "results/benchmarks/draw_figures/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        experiment=lambda w: project.report_settings(w.experiment),
        code=code_digest(SCRIPTS / "draw_figures.py"),
    script:
        "../../scripts/draw_figures.py"


rule write_tables:
    input:
        unpack(lambda w: files.label_files(w.experiment)),
        unpack(lambda w: files.rating_files(w.experiment)),
        unpack(lambda w: stem_report.tables(w.experiment)),
        unpack(lambda w: segment_report.tables(w.experiment)),
        unpack(lambda w: general_report.tables(w.experiment)),
        unpack(lambda w: listeners.tables(w.experiment)),
        unpack(lambda w: again.tables(w.experiment)),
        metrics="results/metrics/{experiment}.parquet",
        coverage="results/coverage/{experiment}.parquet",
        audit="results/audit/{experiment}.parquet",
        findings="results/audit/{experiment}.findings.parquet",
        oracle=files.oracle_files(),
    output:
        report(
            directory("results/tables/{experiment}"),
            patterns=["{name}.csv"],
            caption="../report/tables.rst",
            category="Tables",
            subcategory="{experiment}",
            labels={"table": "{name}"},
        ),
    log:
        "results/logs/write_tables/{experiment}.log",
    benchmark:
        "results/benchmarks/write_tables/{experiment}.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        experiment=lambda w: project.report_settings(w.experiment),
        code=code_digest(SCRIPTS / "write_tables.py"),
    script:
        "../../scripts/write_tables.py"


rule write_report:
    input:
        unpack(lambda w: files.report_inputs()),
        unpack(lambda w: stem_report.page_tables()),
        unpack(lambda w: segment_report.page_tables()),
        unpack(lambda w: general_report.page_tables()),
        unpack(lambda w: listeners.page_tables()),
        unpack(lambda w: again.page_tables()),
        oracle=files.oracle_files(),
    output:
        report(
            "results/report.html",
            caption="../report/page.rst",
            category="AffectMix",
            labels={"page": "report"},
        ),
    log:
        "results/logs/write_report.log",
    benchmark:
        "results/benchmarks/write_report.tsv"
    conda:
        "../../envs/affectmix.yaml"
    params:
        config=project.config,
        experiments={
            name: project.report_settings(name) for name in project.experiments
        },
        templates=files_digest(SCRIPTS / "affectmix" / "report" / "templates"),
        code=code_digest(SCRIPTS / "write_report.py"),
    script:
        "../../scripts/write_report.py"
