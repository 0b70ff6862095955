/**
 * Band-limited conversion between two sample rates, as a stream without seams: polyphase filtering with a
 * Kaiser-windowed sinc (J. O. Smith, "Digital Audio Resampling Home Page").
 */

const ZERO_CROSSINGS = 16; // on each side
const ROLL_OFF = 0.92; // of the lower Nyquist frequency
const BETA = 8; // about 80 dB of attenuation

export class Resampler {
  #up;
  #down;
  #phases;
  #half;
  #input = new Float32Array(0);
  #next = 0; // where the next output lies, in units of 1/up of an input sample

  /** @param {number} from @param {number} to rates in Hz, whole numbers */
  constructor(from, to) {
    const divisor = gcd(from, to);
    this.#up = to / divisor;
    this.#down = from / divisor;
    const cutoff = ROLL_OFF * Math.min(1, to / from);
    this.#half = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.#phases = Array.from({ length: this.#up }, (_, phase) => taps(phase / this.#up, this.#half, cutoff));
    this.#input = new Float32Array(this.#half); // silence before the beginning
    this.#next = this.#half * this.#up;
  }

  /** What can be told of the output once `samples` came too. @param {Float32Array} samples */
  process(samples) {
    if (this.#up === this.#down) return samples;
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    const last = input.length - this.#half - 1;
    const out = [];
    for (; Math.floor(this.#next / this.#up) <= last; this.#next += this.#down) {
      const base = Math.floor(this.#next / this.#up) - this.#half + 1;
      const filter = this.#phases[this.#next % this.#up];
      let sum = 0;
      for (let i = 0; i < filter.length; i++) sum += filter[i] * input[base + i];
      out.push(sum);
    }
    const done = Math.max(0, Math.floor(this.#next / this.#up) - this.#half);
    this.#input = input.slice(done);
    this.#next -= done * this.#up;
    return Float32Array.from(out);
  }
}

/** The filter for an output that lies `offset` (0 to 1) after an input sample. */
function taps(offset, half, cutoff) {
  const filter = Float32Array.from({ length: 2 * half }, (_, i) => {
    const x = i - half + 1 - offset;
    return cutoff * sinc(cutoff * x) * kaiser(x / half);
  });
  const sum = filter.reduce((total, tap) => total + tap, 0);
  return filter.map((tap) => tap / sum); // a constant stays what it is
}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x) => (Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));
const gcd = (a, b) => (b ? gcd(b, a % b) : a);

/** The modified Bessel function of the first kind, order 0. */
function bessel(x) {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
