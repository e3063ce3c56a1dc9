"""Whether Snakemake on Slurm leaves what a local run leaves, after faults too.

Run by ``make test-slurm``, inside tests/slurm/cluster.sh. The smallest example is run here, and
through Slurm with profiles/slurm, where

- Snakemake is killed while jobs of it are in the queue, and the same command goes on;
- a job asks for too little memory at first, is killed by Slurm, and is submitted with more;
- the cells' group asks for the node's GPU.

Then all that the one made must equal the other's, as ``affectmix compare`` sees it.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))

from affectmix.provenance.compare import compare_results  # noqa: E402

LONGEST_S = 3600
TOO_LITTLE_MB = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the runs are left; else removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="affectmix-") as scratch:
        check(arguments.folder or Path(scratch))


def check(folder: Path) -> None:
    here, there = folder / "local", folder / "slurm"
    started = time.monotonic()
    run(here, "--cores", "all")
    say(f"the local run took {time.monotonic() - started:.0f} s")
    profile = write_profile(folder / "profile")
    started = time.monotonic()
    kill_with_jobs_in_the_queue(there, profile)
    said = run(there, "--workflow-profile", str(profile))
    say(f"the run on Slurm, killed once, took {time.monotonic() - started:.0f} s")
    assert re.search(r"cancelled [1-9]\d* Slurm jobs", said), "the killed run's jobs were left"
    check_jobs(finished_jobs())
    files = compare(here / "results", there / "results")
    say(f"{files} files are equal: tables, models, texts and figures, value for value")


def write_profile(folder: Path) -> Path:
    """Write profiles/slurm with a job that gets too little at first, a GPU, and less waiting."""
    text = (REPOSITORY / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8")
    profile = yaml.safe_load(text)
    own = profile["set-resources"]
    own["merge_features"]["mem_mb"] = f"{TOO_LITTLE_MB} if attempt == 1 else 1000 * attempt"
    own["fit_model"] = own["fit_model"] | {"gpu": 1}  # new, as rules share one in the file
    profile |= {"resources": ["gpu=1"], "seconds-between-status-checks": 1, "latency-wait": 10}
    profile |= {"slurm-init-seconds-before-status-checks": 1}
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return folder


def command(*arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--configfile", str(REPOSITORY / "config" / "examples" / "mini.yaml"), *arguments),
    ]


def run(folder: Path, *arguments: str) -> str:
    """Run the example in a folder and return what Snakemake says; stop where it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, timeout=LONGEST_S
    )
    if done.returncode:
        sys.exit(f"{done.stderr[-8000:]}\naffectmix: {folder}: Snakemake failed")
    return done.stderr


def kill_with_jobs_in_the_queue(folder: Path, profile: Path) -> None:
    """Start the example on Slurm and kill Snakemake as soon as its first job runs.

    The job has two Snakemakes to start and four scripts to run, and so is there for longer
    than the next run needs to come to where it looks for such jobs.
    """
    folder.mkdir(parents=True)
    log = folder / "killed.log"
    with log.open("w", encoding="utf-8") as file:
        first = subprocess.Popen(
            command("--workflow-profile", str(profile)), cwd=folder, stdout=file, stderr=file
        )
    end = time.monotonic() + LONGEST_S
    while "RUNNING" not in (queue := queued()):
        if first.poll() is not None or time.monotonic() > end:
            first.kill()
            sys.exit(f"{log.read_text()[-8000:]}\naffectmix: the first run submitted nothing")
        time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    say(f"Snakemake was killed; in the queue: {' '.join(queue.split())}")


def queued() -> str:
    return subprocess.check_output(["squeue", "--noheader", "--format", "%i %T"], text=True)


def finished_jobs() -> list[dict[str, str]]:
    """Return what Slurm remembers of each job, in the order of submission."""
    lines = subprocess.check_output(["scontrol", "--oneliner", "show", "jobs"], text=True)
    jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines.splitlines()]
    return sorted(jobs, key=lambda job: int(job["JobId"]))


def check_jobs(jobs: list[dict[str, str]]) -> None:
    """Say what was submitted, and check the retry and the GPU."""
    for job in jobs:
        wants = f"{job['TRES']} {job.get('TresPerJob', '')} {job['TimeLimit']}"
        say(f"{job['Comment']}: {wants}: {job['JobState']}")
    merges = [job for job in jobs if "merge_features" in job["Comment"]]
    asked = [re.search(r"mem=(\d+)M", job["TRES"])[1] for job in merges]
    assert asked == [str(TOO_LITTLE_MB), "2000"], f"memory of the attempts: {asked}"
    assert [job["JobState"] == "COMPLETED" for job in merges] == [False, True]
    for job in jobs:
        wanted = "gres:gpu:1" if "fit_model" in job["Comment"] else ""
        assert job.get("TresPerJob", "") == wanted, job


def compare(first: Path, second: Path) -> int:
    """Check that two results folders have the same content, and return in how many files."""
    found = compare_results(first, second)
    if found.differences:
        sys.exit("\n".join(["affectmix: the two runs differ:", *map(str, found.differences)]))
    return found.files


def say(words: str) -> None:
    print(f"affectmix: {words}", flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
