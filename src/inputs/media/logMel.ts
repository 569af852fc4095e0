/** @file Whisper's front end: the logarithm of a spectrogram on the mel scale, as WhisperFeatureExtractor makes it. */

export interface MelSettings {
  /** Samples in a second. */
  readonly rate: number;
  /** Samples in a window, and from one to the next. */
  readonly window: number;
  readonly hop: number;
  /** Mel bins, from 0 to 8,000 Hz. */
  readonly bins: number;
  /** Frames that a model reads; shorter sounds end in silence. */
  readonly frames: number;
}

const HIGHEST = 8000;
const FLOOR = 1e-10;

/**
 * features[bin, frame] = (max(l, max l - 8) + 4) / 4, l = log10(max(1e-10, sum over frequencies of filter[bin, f] |STFT[f, frame]|^2)),
 * windows of Hann around every hop-th sample, the sound mirrored at its ends.
 *
 * @param samples at most frames x hop
 * @returns axes [bin, frame]; silence is the same everywhere
 */
export function logMel(samples: Float32Array, settings: MelSettings): Float32Array {
  const { bins, frames } = settings;
  const power = spectrum(samples, settings); // [frequency, frame]
  const filters = melFilters(settings);
  const logs = new Float64Array(bins * frames);
  filters.forEach((filter, bin) => {
    for (let frame = 0; frame < frames; frame++) {
      let sum = 0;
      filter.forEach((weight, frequency) => {
        if (weight !== 0) sum += weight * power[frequency * frames + frame]!;
      });
      logs[bin * frames + frame] = Math.log10(Math.max(FLOOR, sum));
    }
  });
  const most = logs.reduce((value, other) => Math.max(value, other), -Infinity);
  return Float32Array.from(logs, (value) => (Math.max(value, most - 8) + 4) / 4);
}

/** |STFT|^2, axes [frequency, frame]. */
function spectrum(samples: Float32Array, { window, hop, frames }: MelSettings): Float64Array {
  const length = frames * hop;
  const half = window / 2;
  const at = (place: number) => {
    const mirrored = place < 0 ? -place : place >= length ? 2 * (length - 1) - place : place;
    return samples[mirrored] ?? 0;
  };
  const frequencies = Math.floor(half) + 1;
  const hann = Float64Array.from(
    { length: window },
    (_, tap) => 0.5 - 0.5 * Math.cos((2 * Math.PI * tap) / window),
  );
  const [cos, sin] = [Math.cos, Math.sin].map((turn) =>
    Float64Array.from({ length: window }, (_, step) => turn((2 * Math.PI * step) / window)),
  ) as [Float64Array, Float64Array];
  const power = new Float64Array(frequencies * frames);
  const cut = new Float64Array(window);
  for (let frame = 0; frame < frames; frame++) {
    for (let tap = 0; tap < window; tap++) cut[tap] = hann[tap]! * at(frame * hop + tap - half);
    if (cut.every((value) => value === 0)) continue;
    for (let frequency = 0; frequency < frequencies; frequency++) {
      let [real, imaginary, step] = [0, 0, 0];
      for (let tap = 0; tap < window; tap++) {
        real += cut[tap]! * cos[step]!;
        imaginary -= cut[tap]! * sin[step]!;
        step += frequency;
        if (step >= window) step -= window;
      }
      power[frequency * frames + frame] = real * real + imaginary * imaginary;
    }
  }
  return power;
}

/** Slaney's scale: even up to 1,000 Hz, logarithmic from there. */
const LINEAR = 200 / 3;
const FROM = 1000;
const STEP = Math.log(6.4) / 27;
const toMel = (hertz: number) =>
  hertz < FROM ? hertz / LINEAR : FROM / LINEAR + Math.log(hertz / FROM) / STEP;
const toHertz = (mel: number) =>
  mel < FROM / LINEAR ? mel * LINEAR : FROM * Math.exp(STEP * (mel - FROM / LINEAR));

/** Triangles between neighbouring frequencies of the scale, each of area 1: [bin][frequency]. */
function melFilters({ rate, window, bins }: MelSettings): number[][] {
  const edges = Array.from({ length: bins + 2 }, (_, edge) =>
    toHertz((toMel(HIGHEST) * edge) / (bins + 1)),
  );
  const frequencies = Math.floor(window / 2) + 1;
  return Array.from({ length: bins }, (_, bin) => {
    const [low, middle, high] = edges.slice(bin, bin + 3) as [number, number, number];
    return Array.from({ length: frequencies }, (_frequency, at) => {
      const hertz = ((rate / 2) * at) / (frequencies - 1);
      const rises = (hertz - low) / (middle - low);
      const falls = (high - hertz) / (high - middle);
      return Math.max(0, Math.min(rises, falls)) * (2 / (high - low));
    });
  });
}
