using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed benchmark</c>: what word vectors are worth to models of fixed jobs.</summary>
internal static class BenchmarkCommand
{
    private const string DefaultSeeds = "3";

    public static Command Create()
    {
        var vectors = new Argument<string[]>("VECTORS")
        {
            Description = "Files of word vectors, FILE or NAME=FILE; 'random' for random vectors with as many numbers a word as the first file, 'random:N' with N. The others are compared with the first.",
            Arity = ArgumentArity.OneOrMore,
        };
        var data = new Option<string>("--data") { Description = "Folder of the data sets, which has to hold the files of every task.", HelpName = "DIR", Required = true };
        var tasks = new Option<string?>(BenchmarkTask.Option) { Description = $"Some of the tasks, with commas between. Default: all, which are {string.Join(", ", BenchmarkTask.All.Select(task => task.Name))}.", HelpName = "NAME,NAME" };
        var seeds = new Option<string>("--seeds") { Description = "N: the seeds 1 to N; or a list, such as 3,7,11 (of one seed: 7,).", HelpName = "N|LIST", DefaultValueFactory = _ => DefaultSeeds };
        var tuned = new Option<bool>("--tuned") { Description = "Trains each task a second time with the vectors tuned from the first step. Default: frozen only, which measures the vectors themselves." };
        var directory = new Option<string>("--out") { Description = "Folder of the runs. Runs that have ended there are kept, and one that was stopped goes on.", HelpName = "DIR", DefaultValueFactory = _ => "benchmark" };
        var json = new Option<string?>("--json") { Description = "Writes the numbers into a file too.", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replaces the file of --json." };
        string about = string.Join('\n', BenchmarkTask.All.Select(task => $"  {task.Name}: {task.About}"));
        var command = new Command("benchmark", $"""
            Measures what word vectors are worth: trains models of fixed jobs on public tasks with each set of vectors and each seed, and compares their test scores. The vectors
            stay frozen, and words that they lack are zero.

            Tasks:
            {about}

            Examples:
              distembed benchmark glove.6B.100d.txt.gz runs/mine/vectors.bin random --data DATA
              distembed benchmark old=a/vectors.bin new=b/vectors.bin --data DATA --tasks sentiment,questions --seeds 5 --tuned --json numbers.json
            """) { vectors, data, tasks, seeds, tuned, directory, json, force };
        command.SetAction(async (parsed, _) =>
        {
            Benchmark benchmark = Check(
                () =>
                {
                    if (parsed.GetValue(json) is { } place)
                        OutputPath.File(place, parsed.GetValue(force));
                    else if (parsed.GetValue(force))
                        throw new InvalidInputException("--force", "means nothing without --json.", "Leave it out, or name a file with --json.");
                },
                () => SweepCommand.SeedsOf(parsed.GetRequiredValue(seeds)),
                new BenchmarkRequest(
                    parsed.GetRequiredValue(vectors),
                    [.. (parsed.GetValue(tasks) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
                    parsed.GetRequiredValue(data),
                    parsed.GetRequiredValue(directory),
                    [1],
                    parsed.GetValue(tuned)));
            using var signals = new StopSignals("Stopping: finishing the steps under way and writing a checkpoint. Again to end at once.");
            var progress = new BenchmarkProgress(benchmark);
            SweepEnd end = await benchmark.RunAsync(progress.Of, signals.Token).ConfigureAwait(false);
            if (end == SweepEnd.Interrupted)
            {
                Console.Out.WriteLine($"Stopped: {progress.Standing}. The same command goes on.");
                return ExitCode.Interrupted;
            }

            BenchmarkResult result = benchmark.ReadResult();
            Console.Out.WriteLine();
            BenchmarkTable.Write(result, Console.Out);
            if (parsed.GetValue(json) is { } file)
                OutputPath.Write(file, () => AtomicFile.WriteAllBytes(file, [.. JsonSerializer.SerializeToUtf8Bytes(BenchmarkJson.Of(result), ReportJson.Indented), (byte)'\n']));
            return end == SweepEnd.SomeFailed ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    /// <summary>Looks at everything, so that every error is told at once.</summary>
    private static Benchmark Check(Action place, Func<ulong[]> seeds, BenchmarkRequest request)
    {
        var errors = new List<InputError>();
        Gather(place);
        Gather(() => request = request with { Seeds = seeds() });
        Benchmark? benchmark = null;
        Gather(() => benchmark = Benchmark.Check(request));
        return errors.Count == 0 ? benchmark! : throw new InvalidInputException(errors);

        void Gather(Action look)
        {
            try
            {
                look();
            }
            catch (InvalidInputException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
        }
    }
}
