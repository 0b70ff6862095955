import type { AudioOutput } from './index.js';

/** The microphone, as chunks of 40 ms of 16 kHz PCM16. */
export class Microphone {
  onaudio: ((samples: Int16Array, level: number) => void) | null;
  onlost: (() => void) | null;
  /** Asks for the microphone; rejects with getUserMedia's DOMException, or NotSupportedError on an insecure page. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Plays `audio.output` messages one after the other. */
export class Player {
  onchange: ((isPlaying: boolean) => void) | null;
  readonly isPlaying: boolean;
  /** How loud it plays at this moment: root mean square, from 0 to 1. */
  readonly level: number;
  /** Makes ready to play; browsers want it called from a click or a key. */
  unlock(): Promise<void>;
  play(output: AudioOutput): Promise<void>;
  /** Falls silent now, and forgets what is queued. */
  stop(): void;
}
