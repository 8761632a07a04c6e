export { type Change, renderMermaid } from './mermaid';
export { renderSvg } from './svg';
