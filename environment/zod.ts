import './without-translations';

export { z } from 'zod';
