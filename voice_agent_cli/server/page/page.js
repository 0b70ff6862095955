/** The page: joins the microphone, the connection, the captions, the shelf and the cart. */

import { Microphone, Player } from './sdk/browser.js';
import { Cart, CART_TOOLS } from './cart.js';
import { byId } from './elements.js';
import { Captions, notice } from './captions.js';
import { Shelf } from './shelf.js';
import { Visit } from './visit.js';

const MICROPHONE_ERRORS = {
  NotAllowedError: 'The browser does not let this page use the microphone. Allow it in the address bar, or type instead.',
  NotFoundError: 'There is no microphone. Plug one in, or type instead.',
  NotReadableError: 'The microphone is in use by another program. Close that one, or type instead.',
  NotSupportedError: 'Browsers give the microphone to pages on https or localhost only. You can type instead.',
};
const STATUS = {
  idle: 'Ready',
  connecting: 'Connecting…',
  listening: 'Listening',
  hearing: 'Hearing you',
  thinking: 'Looking',
  speaking: 'Speaking',
  muted: 'Muted',
  typing: 'Microphone off',
  reconnecting: 'Connection lost, trying again…',
  ended: 'Not connected',
};

const captions = new Captions();
const shelf = new Shelf();
const cart = new Cart();
const visit = new Visit();
const player = new Player();
const microphone = new Microphone();
const talk = byId('talk');

/** The microphone: 'off' (never asked or lost), 'on', or 'muted'. */
let listening = 'off';
let phase = 'quiet'; // of the turn: quiet, hearing, thinking
let isStarting = false;

function show() {
  const connection = visit.state;
  let state = 'ended';
  if (connection === 'none') state = 'idle';
  else if (connection === 'connecting' || connection === 'reconnecting') state = connection;
  else if (connection === 'open') {
    if (phase !== 'quiet') state = phase;
    else if (player.isPlaying) state = 'speaking';
    else state = { off: 'typing', on: 'listening', muted: 'muted' }[listening];
  }
  document.body.dataset.state = state;
  byId('status-text').textContent = STATUS[state];
  const isOn = listening === 'on';
  talk.setAttribute('aria-pressed', String(isOn));
  talk.classList.toggle('muted', listening === 'muted');
  byId('talk-label').textContent = { off: 'Start talking', on: 'Mute the microphone', muted: 'Unmute the microphone' }[listening];
}

async function toggle() {
  if (isStarting) return;
  if (listening !== 'off') {
    listening = listening === 'on' ? 'muted' : 'on';
    setLevel(0);
    show();
    return;
  }
  isStarting = true;
  try {
    await player.unlock();
    const opened = visit.open();
    show();
    if (!(await opened)) return;
    await microphone.start();
    listening = 'on';
    notice.hide();
  } catch (error) {
    notice.show(MICROPHONE_ERRORS[error.name] ?? `The microphone does not start: ${error.message}`);
    byId('typed').focus();
  } finally {
    isStarting = false;
    show();
  }
}

async function say(text) {
  notice.hide();
  await player.unlock();
  const opened = visit.open();
  show();
  if (!(await opened)) return;
  player.stop();
  captions.add('user', text);
  phase = 'thinking';
  visit.sendText(text);
  show();
}

function setLevel(level) {
  talk.style.setProperty('--level', Math.min(1, level * 6).toFixed(3));
}

microphone.onaudio = (samples, level) => {
  if (listening !== 'on') return;
  setLevel(level);
  visit.sendAudio(samples);
};
microphone.onlost = () => {
  listening = 'off';
  microphone.stop();
  notice.show('The microphone is gone. Plug it in and press the button again, or type instead.');
  show();
};

player.onchange = () => {
  followVoice();
  show();
};

/** The mark in the corner moves with the voice; still for those who want no motion (see the style sheet). */
function followVoice() {
  document.body.style.setProperty('--voice', Math.min(1, player.level * 5).toFixed(3));
  if (player.isPlaying) requestAnimationFrame(followVoice);
}

visit.on('session.ready', () => notice.hide());
visit.on('speech.started', () => (phase = 'hearing'));
visit.on('transcription', ({ text, is_final: isFinal }) => {
  if (!isFinal) return captions.partial(text);
  captions.partial('');
  if (text) captions.add('user', text);
  phase = text ? 'thinking' : 'quiet';
  return undefined;
});
visit.on('agent.response', (answer) => {
  phase = 'quiet';
  captions.add('assistant', answer.text);
  if (answer.products?.length) shelf.show(answer.products);
  if (answer.cart) cart.show(answer.cart);
  else if (answer.tools_used.some((tool) => CART_TOOLS.has(tool))) showCartAnew();
});
visit.on('audio.output', (output) => player.play(output));
visit.on('agent.interrupted', () => player.stop());
visit.on('error', ({ message }) => {
  phase = 'quiet';
  notice.show(sentence(message));
});
visit.on('connection.lost', () => {
  phase = 'quiet';
  player.stop();
  captions.partial('');
});
visit.on('close', ({ reason }) => {
  phase = 'quiet';
  player.stop();
  microphone.stop();
  listening = 'off';
  const [text, action] = {
    taken_over: ['This conversation goes on in another window.', 'Continue here'],
    expired: ['This visit ended because nothing was said for a long time.', 'Start again'],
    ended: ['This visit is over.', 'Start again'],
    UNREACHABLE: ['The server cannot be reached.', 'Try again'],
  }[reason] ?? ['The connection is closed.', 'Connect again'];
  notice.show(text, action, () => visit.open({ anew: reason === 'expired' || reason === 'ended' }));
});
visit.on('message', show);
visit.onnotice = (text) => notice.show(text);
visit.onshop = (name) => {
  byId('shop').textContent = name;
  document.title = `${name}: shop by voice`;
};

/** Where the cart cannot be asked for, it stays as it was shown last. */
async function showCartAnew() {
  const lines = await visit.cartLines().catch(() => null);
  if (lines) cart.showLines(lines);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

talk.addEventListener('click', toggle);
byId('typing').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = byId('typed').value.trim();
  if (text) say(text);
  byId('typed').value = '';
});
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-say]');
  if (button) say(button.dataset.say);
});
document.addEventListener('keydown', (event) => {
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') player.stop();
  // Space belongs to whatever control has the focus; anywhere else it is the talk key.
  if (event.key === ' ' && !event.repeat && !event.target.closest('input, button, a, [role=region]')) {
    event.preventDefault();
    toggle();
  }
});
addEventListener('pagehide', () => visit.leave());

visit.restore().then((before) => {
  for (const { role, content } of before?.messages ?? []) captions.add(role, content);
  cart.showLines(before?.context.cart_items ?? []);
  show();
});
