/** For pages: a microphone at 16 kHz, and a player that can fall silent at once. */

import { fromBase64 } from './audio.js';

/** The microphone, as chunks of 40 ms of 16 kHz PCM16. */
export class Microphone {
  /** Called with `(Int16Array, level)`; the level is the root mean square, from 0 to 1. */
  onaudio = null;
  /** Called when the device is gone or its permission was taken back. */
  onlost = null;
  #context = null;
  #stream = null;

  /**
   * Asks for the microphone; needs a secure page (https or localhost).
   * @throws {DOMException} NotAllowedError, NotFoundError, … of getUserMedia; NotSupportedError without a secure page
   */
  async start() {
    if (!navigator.mediaDevices) throw new DOMException('the microphone needs https or localhost', 'NotSupportedError');
    const wishes = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    this.#stream = await navigator.mediaDevices.getUserMedia({ audio: wishes });
    this.#stream.getAudioTracks()[0].onended = () => this.onlost?.();
    this.#context = new AudioContext();
    await this.#context.audioWorklet.addModule(new URL('./capture-worklet.js', import.meta.url));
    const capture = new AudioWorkletNode(this.#context, 'voice-agent-capture', { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => this.onaudio?.(data.samples, data.level);
    this.#context.createMediaStreamSource(this.#stream).connect(capture);
    await this.#context.resume();
  }

  /** Lets go of the device: the browser's recording sign goes out. */
  async stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    await this.#context?.close();
    this.#stream = this.#context = null;
  }
}

/** Plays `audio.output` messages one after the other. */
export class Player {
  /** Called with whether something is being played, when that changes. */
  onchange = null;
  #context = null;
  #meter = null;
  #playing = new Set();
  #freeAt = 0;
  #answer = 0;
  #queue = Promise.resolve();

  get isPlaying() {
    return this.#playing.size > 0;
  }

  /** How loud it plays at this moment: root mean square, from 0 to 1. */
  get level() {
    if (!this.isPlaying) return 0;
    const wave = new Float32Array(this.#meter.fftSize);
    this.#meter.getFloatTimeDomainData(wave);
    return Math.sqrt(wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length);
  }

  /** Makes ready to play; browsers want it called from a click or a key. */
  async unlock() {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#meter = this.#context.createAnalyser();
      this.#meter.connect(this.#context.destination);
    }
    await this.#context.resume();
  }

  /** Queues one message's sound, of any format that the browser decodes, or pcm16. */
  play(output) {
    const answer = this.#answer;
    this.#queue = this.#queue.then(async () => {
      await this.unlock();
      const buffer = await this.#decode(output);
      if (answer === this.#answer) this.#schedule(buffer);
    });
    return this.#queue;
  }

  /** Falls silent now, and forgets what is queued. */
  stop() {
    this.#answer += 1;
    this.#freeAt = 0;
    for (const source of this.#playing) source.stop();
  }

  async #decode({ audio, format, sample_rate: rate }) {
    const bytes = fromBase64(audio);
    if (format !== 'pcm16') return this.#context.decodeAudioData(bytes.buffer);
    const samples = new Int16Array(bytes.buffer);
    const buffer = this.#context.createBuffer(1, samples.length, rate);
    buffer.getChannelData(0).set(Float32Array.from(samples, (sample) => sample / 32768));
    return buffer;
  }

  #schedule(buffer) {
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#meter);
    source.onended = () => {
      this.#playing.delete(source);
      if (!this.isPlaying) this.onchange?.(false);
    };
    const startAt = Math.max(this.#context.currentTime, this.#freeAt);
    this.#freeAt = startAt + buffer.duration;
    source.start(startAt);
    const isFirst = !this.isPlaying;
    this.#playing.add(source);
    if (isFirst) this.onchange?.(true);
  }
}
