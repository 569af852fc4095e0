"""Images and sounds, and what transformers makes of them: test/fixtures/media, for test/inputs/media.test.ts.

usage: make_media_fixtures.py OUT_DIR
Needs: torch 2.15, transformers 5.24, Pillow 12. Images are prepared by the processors that go through Pillow, sound by WhisperFeatureExtractor.
"""
import json, pathlib, sys, wave
import numpy as np, torch
from PIL import Image
from safetensors.torch import save_file
from transformers import WhisperFeatureExtractor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil as Clip
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil as DeiT
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil as Siglip
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil as ViT

HEIGHT, WIDTH, RATE = 23, 31, 16000
PROCESSORS = {
    "clip": Clip(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}),
    "vit": ViT(size={"height": 16, "width": 16}),
    "siglip": Siglip(size={"height": 15, "width": 15}),
    "deit": DeiT(size={"height": 20, "width": 24}, crop_size={"height": 16, "width": 16}),
    "larger": Clip(size={"shortest_edge": 30}, crop_size={"height": 33, "width": 45}),
    "lanczos": ViT(size={"height": 12, "width": 40}, resample=1, do_normalize=False),
    "nearest": ViT(size={"height": 10, "width": 17}, resample=0, do_rescale=False),
    "uncut": Clip(do_resize=False, crop_size={"height": 26, "width": 14}),
}


def images(out):
    noise = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rough = (0.7 * np.stack([(x * 5) % 256, (y * 7) % 256, ((x + y) * 3) % 256], -1) + 0.3 * noise.integers(0, 256, (HEIGHT, WIDTH, 3))).astype(np.uint8)
    smooth = np.stack([x * 7, y * 10, (x + y) * 4], -1).clip(0, 255).astype(np.uint8)
    opacity = noise.integers(0, 256, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    Image.fromarray(rough).save(out / "colour.png")
    Image.fromarray(np.concatenate([rough, opacity], -1)).save(out / "clear.png")
    Image.fromarray(rough[..., 0]).save(out / "grey.png")
    Image.fromarray(rough).quantize(40).save(out / "palette.png")
    Image.fromarray(rough[..., 0] > 128).save(out / "bits.png")
    Image.fromarray(smooth).save(out / "photo.jpg", quality=92, subsampling=0)
    Image.fromarray(smooth).save(out / "progressive.jpg", quality=90, progressive=True)
    Image.fromarray(smooth[..., 0]).save(out / "grey.jpg")
    return sorted(path.name for path in out.iterdir() if path.suffix in (".png", ".jpg"))


def sound(out, name, rate, samples):
    with wave.open(str(out / name), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(rate)
        file.writeframes(samples.tobytes())


def main(folder):
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    kept = {}
    for name in images(out):
        image = Image.open(out / name).convert("RGB")
        for kind, processor in PROCESSORS.items():
            kept[f"{kind} {name}"] = torch.tensor(np.asarray(processor(image, return_tensors="np")["pixel_values"])).float()
    (out / "processors.json").write_text(json.dumps({kind: json.loads(one.to_json_string()) for kind, one in PROCESSORS.items()}))
    time = np.arange(4000) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 440 * time) * np.exp(-4 * time) + 0.05 * np.random.default_rng(1).standard_normal(len(time))
    samples = (tone * 32767).astype(np.int16)
    sound(out, "tone.wav", RATE, samples)
    sound(out, "other-rate.wav", 44100, samples[:200])
    for bins in (8, 80):
        made = WhisperFeatureExtractor(feature_size=bins, chunk_length=1)(samples.astype(np.float32) / 2**15, sampling_rate=RATE, return_tensors="np")
        kept[f"features {bins}"] = torch.tensor(made["input_features"]).float()
    save_file({name: value.contiguous() for name, value in kept.items()}, out / "expected.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
