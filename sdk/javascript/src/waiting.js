// The server ends an utterance 0.8 s after its audio stops; then it is recognized.
const HEARS_WITHIN_MS = 2000;
// A mumbled utterance may rightly get no answer at all.
const GIVES_UP_MS = 30_000;

/** Whether an answer is still owed: what was said, heard, answered and spoken so far. `now` gives milliseconds. */
export class Waiting {
  #now;
  #typed = 0;
  #heard = new Set();
  #spoken = new Set();
  #lastAudio = -Infinity;
  #lastTraffic;

  constructor(now) {
    this.#now = now;
    this.#lastTraffic = now();
  }

  /** Whether something that was sent has not been answered to the end of its last sentence. */
  get isOwed() {
    if (this.#now() - this.#lastAudio < HEARS_WITHIN_MS) return true;
    const open = this.#typed + this.#heard.size + this.#spoken.size > 0;
    return open && this.#now() - this.#lastTraffic < GIVES_UP_MS;
  }

  sentText() {
    this.#typed += 1;
    this.#lastTraffic = this.#now();
  }

  sentAudio() {
    this.#lastAudio = this.#lastTraffic = this.#now();
  }

  /** The connection was lost: what it owed will not come. */
  forget() {
    this.#typed = 0;
    this.#heard.clear();
    this.#spoken.clear();
  }

  received({ type, data }) {
    this.#lastTraffic = this.#now();
    if (type === 'speech.started') this.#heard.add(data.turn_id);
    else if (type === 'transcription' && data.is_final && !data.text) this.#heard.delete(data.turn_id);
    else if (type === 'agent.response') this.#answered(data.turn_id);
    else if (type === 'audio.output' && data.is_last) this.#spoken.delete(data.turn_id);
    else if (type === 'agent.interrupted') this.#spoken.delete(data.turn_id);
    else if (type === 'error') {
      this.#typed = Math.max(0, this.#typed - 1);
      this.#spoken.clear();
    }
  }

  #answered(turn) {
    if (!this.#heard.delete(turn)) this.#typed = Math.max(0, this.#typed - 1);
    this.#spoken.add(turn);
  }
}
