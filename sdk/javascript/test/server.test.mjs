// The SDK against a running server, whose agent finds what follows "find" and adds what follows "add":
//   VOICE_AGENT_URL=… VOICE_AGENT_API_KEY=… VOICE_AGENT_AUDIO=speech.pcm node --test sdk/javascript/test/server.test.mjs

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';

import { VoiceAgentClient, VoiceAgentError, fromBase64 } from '@voice-agent/sdk';

const baseUrl = process.env.VOICE_AGENT_URL;
const apiKey = process.env.VOICE_AGENT_API_KEY;
const speech = () => readFileSync(process.env.VOICE_AGENT_AUDIO);
const client = new VoiceAgentClient({ apiKey, baseUrl });
const next = (ws, type) => new Promise((resolve) => ws.on(type, resolve));

/** A way to the server that can be cut. */
async function layCable() {
  const ends = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(new URL(baseUrl).port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      ends.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => ends.forEach((end) => end.destroy());
  return { url: `http://127.0.0.1:${server.address().port}`, cut, close: () => (server.close(), cut()) };
}

test('the REST routes answer as documented', async () => {
  assert.equal((await client.health()).status, 'healthy');
  const { session_id: id } = await client.createSession({ userId: 'u1', metadata: { source: 'test' } });
  const found = await client.searchProducts({ query: 'trowel', limit: 2 });
  assert.match(found.products[0].price.amount, /^\d+\.\d\d$/);
  assert.equal((await client.executeTool('search_products', { query: 'trowel' })).success, true);
  assert.ok((await client.trackEvent(id, 'page_view', { page: 'home' })).event_id);
  assert.equal((await client.getSessionAnalytics(id)).session_id, id);
  assert.ok((await client.endSession(id)).message);
  assert.equal((await client.getSession(id)).status, 'ended');
});

test('what the server refuses is thrown with its code', async () => {
  await assert.rejects(client.getSession('nowhere'), { name: 'VoiceAgentError', code: 'NOT_FOUND', status: 404 });
  await assert.rejects(client.searchProducts({ limit: 0 }), (error) => error.details.field === 'limit');
  await assert.rejects(new VoiceAgentClient({ baseUrl: 'http://127.0.0.1:9' }).health(), { code: 'UNREACHABLE' });
});

test('what is said is heard, answered and spoken, and closing waits for it', async () => {
  const session = await client.createSession();
  const ws = client.connectVoice(session.token, { format: 'wav' });
  const seen = { heard: [], answers: [], sounds: [] };
  ws.on('transcription', (data) => seen.heard.push(data.text));
  ws.on('agent.response', (data) => seen.answers.push(data));
  ws.on('audio.output', (data) => seen.sounds.push(data));
  ws.sendAudio(speech());
  await ws.close();
  assert.deepEqual(seen.heard, ['find trowel']);
  assert.equal(seen.answers[0].intent, 'product_search');
  assert.equal(Buffer.from(fromBase64(seen.sounds[0].audio)).subarray(0, 4).toString(), 'RIFF');
  assert.equal(ws.state, 'closed');
  assert.equal((await client.getSession(session.session_id)).status, 'ended');
});

test('a WAV file of another rate is heard too', async () => {
  const pcm = new Int16Array(speech().buffer.slice(0));
  const samples = Int16Array.from({ length: pcm.length * 3 }, (_, i) => pcm[Math.floor(i / 3)]);
  const header = Buffer.alloc(44);
  header.write('RIFF....WAVEfmt ', 'latin1');
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(96_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  const ws = client.connectVoice();
  const answer = next(ws, 'agent.response');
  ws.sendAudio(Buffer.concat([header, Buffer.from(samples.buffer)]));
  assert.equal((await answer).intent, 'product_search');
  await ws.close();
});

test('a message larger than one frame’s short length is read whole', async () => {
  const ws = client.connectVoice(undefined, { format: 'pcm16', details: true });
  const types = [];
  ws.on('message', ({ type }) => types.push(type));
  await ws.sendText('find trowel');
  await ws.close();
  assert.ok(types.includes('tool.finished') && types.includes('turn.metrics'), types.join());
});

test('messages can be read in a loop, which ends with the connection', async () => {
  const ws = client.connectVoice();
  ws.sendText('find trowel');
  const types = [];
  for await (const { type } of ws) {
    types.push(type);
    if (type === 'agent.response') ws.close();
  }
  assert.equal(types.at(-1), 'close');
});

test('a connection that breaks comes back to its session', async () => {
  const cable = await layCable();
  const ws = new VoiceAgentClient({ apiKey, baseUrl: cable.url }).connectVoice();
  await ws.sendText('find trowel');
  await ws.answered();
  const before = ws.sessionId;
  const lost = next(ws, 'connection.lost');
  cable.cut();
  await lost;
  assert.equal(ws.state, 'reconnecting');
  const answer = next(ws, 'agent.response');
  ws.sendText('add 1');
  assert.equal((await answer).cart.count, 1);
  assert.equal(ws.sessionId, before);
  await ws.close();
  cable.close();
});

test('a server that stays away is an error, and the end', async () => {
  const cable = await layCable();
  const ws = new VoiceAgentClient({ apiKey, baseUrl: cable.url }).connectVoice(undefined, { reconnectForMs: 200 });
  await next(ws, 'session.ready');
  const error = next(ws, 'error');
  cable.close();
  assert.equal((await error).code, 'UNREACHABLE');
  assert.equal(ws.state, 'closed');
  await assert.rejects(ws.sendText('anyone?'), VoiceAgentError);
});

test('a token that opens nothing is told as such, not tried again', async () => {
  const ws = client.connectVoice('va_wrong');
  assert.equal((await next(ws, 'error')).code, 'UNAUTHORIZED');
  const other = client.connectVoice(apiKey, { sessionId: 'nowhere' });
  assert.equal((await next(other, 'error')).code, 'NOT_FOUND');
});

test('a session ended elsewhere closes the connection', async () => {
  const ws = client.connectVoice();
  await next(ws, 'session.ready');
  const close = next(ws, 'close');
  await client.endSession(ws.sessionId);
  assert.equal((await close).reason, 'ended');
});
