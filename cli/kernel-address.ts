/** An IPv4 address as the kernel prints it below /proc/net: eight hexadecimal digits, its bytes in reverse. */
export function kernelIpv4(digits: string): string {
  return (digits.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join('.');
}
