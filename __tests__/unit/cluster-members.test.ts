import { connectedPeers } from '../../cli/cluster-members';

const HEADER =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue\n';
const mapped = (address: string) => `0000000000000000FFFF0000${address}`;
// 172.30.10.11 and 172.30.10.12 as the kernel prints them; 0FA0 is port 4000.
const [ONE, TWO] = ['0B0A1EAC', '0C0A1EAC'];
const PEERS = ['172.30.10.12', '172.30.10.13'];

function socket(local: string, remote: string, state: string): string {
  return `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000   802        0 12345\n`;
}

test.each([
  ['opened by the node', `${mapped(ONE)}:D431`, `${mapped(TWO)}:0FA0`],
  ['opened by the peer', `${mapped(ONE)}:0FA0`, `${mapped(TWO)}:D431`],
  ['on an IPv4 socket', `${ONE}:D431`, `${TWO}:0FA0`],
])('a connection %s counts', (_, local, remote) => {
  expect(connectedPeers(HEADER + socket(local, remote, '01'), PEERS, 4000)).toEqual(['172.30.10.12']);
});

test.each([
  ['is being opened', `${mapped(ONE)}:D431`, `${mapped(TWO)}:0FA0`, '02'],
  ['is being closed', `${mapped(ONE)}:D431`, `${mapped(TWO)}:0FA0`, '06'],
  ['serves HTTPS', `${mapped(ONE)}:24E6`, `${mapped(TWO)}:D431`, '01'],
  ['is of somebody else', `${mapped(ONE)}:0FA0`, `${mapped('010A1EAC')}:D431`, '01'],
])('one that %s does not', (_, local, remote, state) => {
  expect(connectedPeers(HEADER + socket(local, remote, state), PEERS, 4000)).toEqual([]);
});

test('nothing to read is no peer', () => {
  expect(connectedPeers('', PEERS, 4000)).toEqual([]);
});
