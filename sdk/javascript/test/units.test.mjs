// The parts of the SDK that need no server: node --test sdk/javascript/test

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace, toBase64, fromBase64, toPcm } from '../src/audio.js';
import { Resampler } from '../src/resampler.js';
import { Waiting } from '../src/waiting.js';

const tone = (hertz, rate, seconds) => Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));
const rms = (samples) => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

function stream(resampler, samples, size) {
  const out = [];
  for (let i = 0; i < samples.length; i += size) out.push(...resampler.process(samples.subarray(i, i + size)));
  return Float32Array.from(out);
}

for (const rate of [48_000, 44_100, 96_000, 22_050, 8_000]) {
  test(`a tone recorded at ${rate} Hz comes out at 16 kHz as the same tone`, () => {
    const out = stream(new Resampler(rate, 16_000), tone(1000, rate, 1), 128);
    assert.ok(Math.abs(out.length - 16_000) < 60, `${out.length} samples`);
    const ideal = tone(1000, 16_000, 1);
    const middle = [...out.keys()].slice(400, -400);
    assert.ok(rms(middle.map((i) => out[i] - ideal[i])) < 0.002);
  });
}

test('what 16 kHz cannot carry is taken out, not folded back', () => {
  const out = stream(new Resampler(48_000, 16_000), tone(11_000, 48_000, 1), 128);
  assert.ok(rms(out.subarray(400, -400)) < 0.001);
});

test('the size of the pieces changes nothing', () => {
  const wave = tone(700, 44_100, 0.3);
  assert.deepEqual(stream(new Resampler(44_100, 16_000), wave, 128), stream(new Resampler(44_100, 16_000), wave, wave.length));
});

test('audio of every kind becomes PCM16', () => {
  assert.deepEqual(toPcm(new Float32Array([0, 2, -1]), 16_000).samples, new Int16Array([0, 32767, -32767]));
  assert.deepEqual(toPcm(Buffer.from([1, 0, 255, 255]), 16_000).samples, new Int16Array([1, -1]));
  const buffer = { numberOfChannels: 2, sampleRate: 48_000, getChannelData: (c) => new Float32Array([c, c]) };
  assert.deepEqual(toPcm(buffer, 16_000), { samples: new Int16Array([16384, 16384]), sampleRate: 48_000 });
  assert.throws(() => toPcm(new Uint8Array(3), 16_000), /odd/);
  assert.throws(() => toPcm('audio', 16_000), /must be/);
});

test('base64 goes there and back', () => {
  const samples = Int16Array.from({ length: 20_000 }, (_, i) => i);
  assert.deepEqual(new Int16Array(fromBase64(toBase64(samples)).buffer), samples);
});

test('a long recording is sent no faster than the server takes it', () => {
  let now = 0;
  const pace = new Pace(() => now);
  let [budget, last] = [10, 0]; // the server's: 1.5 times real time, 10 s at once
  for (let i = 0; i < 600; i++) {
    now += pace.waitBefore(0.1);
    budget = Math.min(10, budget + (1.5 * (now - last)) / 1000) - 0.1;
    last = now;
    assert.ok(budget >= 0);
  }
  assert.ok(now > 30_000 && now < 60_000);
});

test('an answer is owed until its last sentence', () => {
  const waiting = new Waiting(() => 100_000);
  assert.equal(waiting.isOwed, false);
  waiting.sentText();
  const sound = { type: 'audio.output', data: { is_last: true, turn_id: 'a' } };
  waiting.received(sound); // "One moment."
  assert.equal(waiting.isOwed, true);
  waiting.received({ type: 'agent.response', data: { turn_id: 'a' } });
  assert.equal(waiting.isOwed, true);
  waiting.received(sound);
  assert.equal(waiting.isOwed, false);
});
