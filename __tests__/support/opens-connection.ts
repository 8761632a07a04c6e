/**
 * Whether a pod of a workload opens a TCP connection within two seconds.
 *
 * @param inNamespace kubectl in its namespace
 * @throws when that could not be tried
 */
export async function opensConnection(
  inNamespace: (...args: string[]) => Promise<string>,
  workload: string,
  address: string,
  port: number,
): Promise<boolean> {
  return Number(await inNamespace('exec', workload, '--', 'sh', '-c', connectingTo(address, port))) > 0;
}

/** A shell's words that print the seconds in which a TCP connection was opened, 0 where none was within two. */
export function connectingTo(address: string, port: number): string {
  const options = "--silent --output /dev/null --connect-timeout 2 --max-time 2 --write-out '%{time_connect}'";
  return `curl ${options} telnet://${address}:${port} </dev/null; case $? in 7 | 28) ;; *) exit 1 ;; esac`;
}
