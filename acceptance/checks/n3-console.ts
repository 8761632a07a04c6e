import { type Check, LOOK } from '../check';
import { expectThat, Skipped } from '../outcome';

export const check: Check = {
  id: 'N3',
  promise: 'The console is at the public origin on every node',
  does: 'opens the console through A, follows its redirects and looks for other origins of this name in the page',
  needs: ['affinity'],
  look: LOOK.names,
  provenBy: ['console-port'],
  async run(lab, a) {
    const { origin, consolePath } = lab.target;
    const browser = lab.client(a);
    const page = await browser.open(consolePath);
    if (page.status === 403 || page.status === 404) throw new Skipped(`${consolePath} is closed (${page.status})`);
    const address = page.location;
    expectThat(page.status === 200, `${page.request} ended with ${page.status}${address && `, going to ${address}`}`);
    const withPort = new RegExp(`https?://${new URL(origin).hostname.replaceAll('.', '\\.')}:\\d+`).exec(
      page.body,
    )?.[0];
    const allowed = withPort === undefined || withPort === origin;
    expectThat(allowed, `the console of ${a} names ${withPort}`);
  },
};
