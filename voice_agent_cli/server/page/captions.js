/** What was said, as captions that a screen reader reads out as they come; and notices. */

import { byId, element } from './elements.js';

const NAMES = { user: 'You', assistant: 'Shop' };

export class Captions {
  #list = byId('captions');
  #partial = byId('partial');

  constructor() {
    new ResizeObserver(() => this.#toEnd()).observe(byId('scroll'));
  }

  add(role, text) {
    byId('welcome').hidden = true;
    const who = element('span', { class: 'who', text: NAMES[role] });
    const said = element('p', { class: 'said', text });
    this.#list.append(element('li', { class: role, children: [who, said] }));
    this.#toEnd();
  }

  /** Words as they are heard; not for screen readers, which would read each of them again and again. */
  partial(text) {
    this.#partial.textContent = text;
    this.#partial.hidden = !text;
    if (text) byId('welcome').hidden = true;
    this.#toEnd();
  }

  #toEnd() {
    const scroll = byId('scroll');
    if (this.#list.children.length) scroll.scrollTop = scroll.scrollHeight;
  }
}

export const notice = {
  show(text, action = '', run = null) {
    byId('notice-text').textContent = text;
    const button = byId('notice-action');
    button.hidden = !action;
    button.textContent = action;
    button.onclick = () => {
      notice.hide();
      run?.();
    };
    byId('notice').hidden = false;
  },
  hide() {
    byId('notice').hidden = true;
  },
};
