import { defineConfig } from 'vitest/config'

const shared = { setupFiles: ['test/support/setup.ts'], pool: 'forks' as const }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/property/**', 'test/integration/**'],
          testTimeout: 20_000,
        },
      },
      { test: { ...shared, name: 'property', include: ['test/property/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/broker-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
