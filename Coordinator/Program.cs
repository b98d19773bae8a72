using DistEmbed.Coordinator.Cli;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
