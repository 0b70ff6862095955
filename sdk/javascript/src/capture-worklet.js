/** Runs beside the audio: microphone samples at the device's rate -> chunks of 16 kHz PCM16 and their loudness. */

import { Resampler } from './resampler.js';

const RATE = 16_000;
const CHUNK = RATE / 25; // 40 ms

class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, RATE);
  #chunk = new Int16Array(CHUNK);
  #filled = 0;
  #energy = 0;

  process([[samples]]) {
    if (samples) for (const sample of this.#resampler.process(samples)) this.#take(sample);
    return true;
  }

  #take(sample) {
    this.#energy += sample * sample;
    this.#chunk[this.#filled++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
    if (this.#filled < CHUNK) return;
    this.port.postMessage({ samples: this.#chunk, level: Math.sqrt(this.#energy / CHUNK) }, [this.#chunk.buffer]);
    this.#chunk = new Int16Array(CHUNK);
    this.#filled = 0;
    this.#energy = 0;
  }
}

registerProcessor('voice-agent-capture', Capture);
