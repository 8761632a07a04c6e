import { type Check, LOOK } from '../check';
import { expectThat, Skipped } from '../outcome';

export const check: Check = {
  id: 'N3',
  promise: 'The console, and My Account where it is open, are at the public origin on every node',
  does: 'opens both through A, follows their redirects and looks for other origins of this name in the pages',
  needs: ['affinity'],
  look: LOOK.names,
  provenBy: ['console-port', 'my-account-port'],
  async run(lab, a) {
    const { origin, consolePath } = lab.target;
    const withPort = new RegExp(`https?://${new URL(origin).hostname.replaceAll('.', '\\.')}:\\d+`);
    let open = 0;
    for (const path of [consolePath, '/myaccount/']) {
      if (lab.target.deniedPaths.some((prefix) => path.startsWith(`${prefix}/`))) continue;
      const page = await lab.client(a).open(path);
      if (page.status === 403 || page.status === 404) continue;
      const address = page.location;
      expectThat(page.status === 200, `${page.request} ended with ${page.status}${address && `, going to ${address}`}`);
      const named = withPort.exec(page.body)?.[0];
      expectThat(named === undefined || named === origin, `${path} of ${a} names ${named}`);
      open++;
    }
    if (open === 0) throw new Skipped(`${consolePath} and /myaccount/ are closed`);
  },
};
