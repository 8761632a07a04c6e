import { type Check, LOOK } from '../check';
import { expectThat } from '../outcome';

export const check: Check = {
  id: 'N7',
  promise: 'Denied paths are denied in every spelling',
  does: 'asks for each of denied_paths as it is, in capitals, below a tenant and with a path parameter',
  needs: ['denied-paths'],
  look: LOOK.balancer,
  provenBy: ['denied-by-spelling'],
  once: true,
  async run(lab) {
    const client = lab.client();
    for (const path of lab.target.deniedPaths) {
      for (const spelling of [path, path.toUpperCase(), `/t/carbon.super${path}`, `/;x${path}`, `/.${path}`]) {
        const { status } = await client.raw(`${spelling}/`);
        expectThat([400, 403, 404].includes(status), `${spelling}/ was answered with ${status} instead of 403`);
      }
    }
  },
};
