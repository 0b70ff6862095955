/** Audio as programs have it -> mono PCM16, in chunks that the server takes. */

// The server serves 1.5 times real time after a burst of 10 s; stay below both.
const RATE = 1.4;
const BURST_S = 8;

/**
 * Mono PCM16 of an Int16Array, a Float32Array (-1 to 1), bytes of PCM16, a whole WAV file, or an AudioBuffer.
 * A WAV file and an AudioBuffer bring their own rate; their channels are mixed.
 * @returns {{samples: Int16Array, sampleRate: number}}
 */
export function toPcm(audio, sampleRate) {
  if (audio instanceof Int16Array) return { samples: audio, sampleRate };
  if (audio instanceof Float32Array) return { samples: fromFloats(audio), sampleRate };
  if (typeof audio?.getChannelData === 'function') {
    const channels = Array.from({ length: audio.numberOfChannels }, (_, i) => audio.getChannelData(i));
    const mixed = Float32Array.from(channels[0], (_, i) => channels.reduce((sum, c) => sum + c[i], 0) / channels.length);
    return { samples: fromFloats(mixed), sampleRate: audio.sampleRate };
  }
  if (audio instanceof ArrayBuffer || ArrayBuffer.isView(audio)) {
    const bytes = audio instanceof ArrayBuffer ? new Uint8Array(audio) : viewBytes(audio);
    return ascii(bytes, 0) === 'RIFF' && ascii(bytes, 8) === 'WAVE' ? readWav(bytes) : { samples: fromBytes(bytes), sampleRate };
  }
  throw new TypeError('audio must be an Int16Array, a Float32Array, bytes of PCM16 or WAV, or an AudioBuffer');
}

export function fromFloats(floats) {
  return Int16Array.from(floats, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
}

/** The bytes of a base64 text, such as `audio.output`'s `audio`. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function toBase64(samples) {
  const bytes = viewBytes(samples);
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** Pieces of `seconds` each; the last may be shorter. */
export function* chunks({ samples, sampleRate }, seconds) {
  const size = Math.max(1, Math.round(seconds * sampleRate));
  for (let start = 0; start < samples.length; start += size) yield samples.subarray(start, start + size);
}

/** How long to wait before the next chunk, so that the server takes it. `now` gives milliseconds. */
export class Pace {
  #left = BURST_S;
  #at;
  #now;

  constructor(now) {
    this.#now = now;
    this.#at = now();
  }

  /** Counts a chunk of `seconds`; returns the milliseconds to wait before it is sent. */
  waitBefore(seconds) {
    const now = this.#now();
    this.#left = Math.min(BURST_S, this.#left + ((now - this.#at) / 1000) * RATE) - seconds;
    this.#at = now;
    return Math.max(0, (-this.#left / RATE) * 1000);
  }
}

function viewBytes(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function fromBytes(bytes) {
  if (bytes.length % 2) throw new TypeError('PCM16 has two bytes a sample; this audio has an odd number of bytes');
  return new Int16Array(bytes.slice().buffer);
}

function ascii(bytes, at) {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function readWav(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (ascii(bytes, at) === 'fmt ') {
      format = { channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true), bits: view.getUint16(at + 22, true) };
    } else if (ascii(bytes, at) === 'data' && format) {
      if (format.bits !== 16) throw new TypeError(`the WAV file has ${format.bits} bits a sample; give one of 16 bits`);
      const end = Math.min(at + 8 + size, bytes.length);
      const all = fromBytes(bytes.subarray(at + 8, end - ((end - at) % (2 * format.channels))));
      return { samples: mixed(all, format.channels), sampleRate: format.rate };
    }
    at += 8 + size + (size % 2);
  }
  throw new TypeError('the WAV file holds no audio');
}

function mixed(samples, channels) {
  if (channels === 1) return samples;
  const out = new Int16Array(Math.floor(samples.length / channels));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[i * channels + c];
    out[i] = sum / channels;
  }
  return out;
}
