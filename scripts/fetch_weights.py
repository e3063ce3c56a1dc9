"""Load a separator's weights once, downloading them where needed, and say what they are."""

from typing import Any

from affectmix.files import write_json
from affectmix.jobs import run_job
from affectmix.stems.weights import digest, load_weights


def main(job: Any) -> None:
    settings = job.params.separator
    model = load_weights(settings["model"], settings["repo"])
    found = {
        "model": settings["model"],
        "sources": list(model.sources),
        "sample_rate": int(model.samplerate),
        "channels": int(model.audio_channels),
        "parameters": sum(values.numel() for values in model.parameters()),
        "digest": digest(model),
    }
    write_json(found, job.output[0])


run_job(main, snakemake)
