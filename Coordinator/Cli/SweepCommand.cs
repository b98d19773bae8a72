using System.CommandLine;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed sweep</c>: runs a job with several settings and seeds in this process, and compares.</summary>
internal static class SweepCommand
{
    private const string SweepsFolder = "sweeps";
    private const int MostSeeds = 1000;

    public static Command Create()
    {
        var job = new Argument<string?>("JOB.json") { Description = "The job file. With --resume the sweep has its own.", Arity = ArgumentArity.ZeroOrOne };
        var seeds = new Option<string?>("--seeds")
        {
            Description = "N: the seeds 1 to N; or a list, such as 3,7,11 (of one seed: 7,). Default: 5, with --folds 1. With --resume: all seeds that the sweep has, and more.",
            HelpName = "N|LIST",
        };
        var vary = new Option<string[]>("--vary")
        {
            Description = "A setting and its values: path=value,value. May be repeated: every combination is run. Values that hold commas are written as one JSON array of all values.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "path=value,value",
        };
        var set = new Option<string[]>("--set") { Description = "Changes a setting of every run: path=value. May be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "path=value" };
        var folds = new Option<int?>(SweepFolds.Option)
        {
            Description = "Cross-validation: the training examples are cut into K folds, and each is the test part of a run in its turn. Which example is in which is kept in folds.txt of the sweep's folder.",
            HelpName = "K",
        };
        var foldFile = new Option<string?>(SweepFolds.FileOption) { Description = "The fold of each training example, 1 to K, a line each, in place of folds by chance.", HelpName = "FILE" };
        var sweepDirectory = new Option<string?>("--sweep-dir") { Description = "Folder of the sweep. Default: the next free sweeps/NAME-k.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Goes on with the sweep in --sweep-dir: runs that have ended are kept, one that was stopped goes on from its checkpoint." };
        var workers = new Option<int?>("--workers") { Description = "Short for --set cluster.workers=N.", HelpName = "N" };
        var shards = new Option<int?>("--shards") { Description = "Short for --set cluster.shards=N.", HelpName = "N" };
        var comparison = new ComparisonArguments();
        var command = new Command("sweep", """
            Trains a job with each combination of varied settings and each seed, one run after the other in this process, and compares the variants by seed:
            mean, standard deviation, and the difference from the first variant with its 95 % interval. The runs share prepared data and loaded vectors.

            Examples:
              distembed sweep my-job.json --seeds 5 --vary model.channels=static,non-static
              distembed sweep my-job.json --seeds 3,7,11 --vary stages.tuned.training.epochs=10,20 --vary "model.windows=[[3,4,5],[2,3]]"
              distembed sweep my-job.json --folds 10 --vary model.channels=static,non-static
              distembed sweep --sweep-dir sweeps/my-job-1 --resume
            """) { job, seeds, vary, set, folds, foldFile, sweepDirectory, resume, workers, shards };
        comparison.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(
            new Request(
                parsed.GetValue(job),
                parsed.GetValue(seeds) is { } text ? SeedsOf(text) : null,
                parsed.GetValue(vary) ?? [],
                [.. parsed.GetValue(set) ?? [], .. TrainCommand.Short("workers", parsed.GetValue(workers)), .. TrainCommand.Short("shards", parsed.GetValue(shards))],
                FoldsOf(parsed.GetValue(folds), parsed.GetValue(foldFile)),
                parsed.GetValue(sweepDirectory),
                parsed.GetValue(resume)),
            comparison, parsed));
        return command;
    }

    private static async Task<int> RunAsync(Request request, ComparisonArguments comparison, ParseResult parsed)
    {
        IReadOnlyList<string> stages = comparison.Stages(parsed);
        comparison.Check(parsed);
        SweepDirectory? begun = null;
        SweepPlan plan;
        if (request.Resume)
        {
            begun = SweepDirectory.Open(request.SweepDirectory ?? throw new InvalidInputException("--resume", "needs to know which sweep goes on.", "Give --sweep-dir DIR."));
            plan = GoOn(begun, request);
        }
        else
        {
            string file = request.Job ?? throw new InvalidInputException("JOB.json", "is missing.", "Name a job file, or go on with a sweep by --sweep-dir DIR --resume.");
            plan = SweepPlan.Of(JobFile.ReadText(file), file, request.Settings, Variation.ParseAll(request.Vary), request.Seeds ?? SeedsOf(request.Folds is null ? "5" : "1"), request.Folds, JobOrigin.OfFile(file));
            if (request.SweepDirectory is { } chosen)
                NewDirectory.OfSweep.CheckPlace(chosen);
            else
                NewDirectory.OfSweep.CheckRoot(SweepsFolder);
        }

        RunComparison.CheckBaseline(comparison.Baseline(parsed), ComparedRuns.NamesOf(plan, stages));
        using var signals = new StopSignals("Stopping: finishing the steps under way and writing a checkpoint. Again to end at once.");
        var report = new SweepReport(plan, stages);
        var sweep = new Sweep(plan, begun, () => request.SweepDirectory is { } chosen
            ? SweepDirectory.CreateAt(chosen, plan.Manifest) : SweepDirectory.CreateNext(SweepsFolder, plan.JobName, plan.Manifest), stages, report);
        SweepEnd end = await sweep.RunAsync(signals.Token).ConfigureAwait(false);
        if (end == SweepEnd.Interrupted)
        {
            Console.Out.WriteLine($"Stopped: {report.Standing}. Go on with: distembed sweep --sweep-dir {report.Directory!.Path} --resume{comparison.Again(parsed)}");
            return ExitCode.Interrupted;
        }

        Console.Out.WriteLine();
        comparison.Show(parsed, ComparedRuns.OfSweep(report.Directory!, stages));
        Console.Out.WriteLine();
        Console.Out.WriteLine($"Everything is in {report.Directory!.Path}. The table again: distembed compare {report.Directory.Path}{comparison.Again(parsed)}");
        return end == SweepEnd.SomeFailed ? ExitCode.Failed : ExitCode.Done;
    }

    private static SweepPlan GoOn(SweepDirectory begun, Request request)
    {
        SweepManifest manifest = begun.Manifest;
        string name = Path.Combine(begun.Path, SweepManifest.FileName);
        if (request.Vary.Count > 0 && !Variation.ParseAll(request.Vary).Select(Key).SequenceEqual(manifest.Vary.Select(Key)))
            throw new InvalidInputException(Variation.Option, $"is not what varies in {begun.Path}.", "Leave it out: the sweep has its own.");
        if (request.Folds is { } asked && asked != manifest.Folds)
            throw new InvalidInputException(SweepFolds.Option, $"is not what {begun.Path} was started with.", "Leave it out: the sweep has its own folds.");
        SweepPlan plan = SweepPlan.GoOn(manifest, name, request.Settings, request.Seeds);
        if (request.Job is { } file && SweepPlan.Of(JobFile.ReadText(file), file, [.. manifest.Settings, .. request.Settings], manifest.Vary, manifest.Seeds, manifest.Folds, JobOrigin.OfFile(file)).Manifest.Fingerprint != manifest.Fingerprint)
            throw new InvalidInputException(file, $"is another job than that of {begun.Path}.", "Leave the job out: the sweep has its own.");
        return plan;

        static string Key(Variation variation) => $"{variation.Path}={string.Join('\n', variation.Values)}";
    }

    private static SweepFolds? FoldsOf(int? count, string? file) => (count, file) switch
    {
        (null, null) => null,
        (null, _) => throw new InvalidInputException(SweepFolds.FileOption, "needs to know how many folds there are.", $"Give {SweepFolds.Option} K."),
        ( < 2, _) => throw new InvalidInputException(SweepFolds.Option, $"must be at least 2, found {count}.", "Ten are usual."),
        _ => new SweepFolds(count.Value, file is null ? null : Path.GetFullPath(file)),
    };

    /// <summary>N is the seeds 1 to N; with a comma it is a list.</summary>
    internal static ulong[] SeedsOf(string text)
    {
        const string Fix = "Give how many, such as 5, or a list, such as 3,7,11.";
        static bool Number(string part, out ulong value) => ulong.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out value);
        if (!text.Contains(','))
        {
            return Number(text, out ulong count) && count is >= 1 and <= MostSeeds
                ? [.. Enumerable.Range(1, (int)count).Select(seed => (ulong)seed)]
                : throw new InvalidInputException("--seeds", $"'{text}' is no number of seeds from 1 to {MostSeeds}.", Fix);
        }

        var seeds = new List<ulong>();
        string list = text.TrimEnd();
        foreach (string part in (list.EndsWith(',') ? list[..^1] : list).Split(','))
        {
            if (!Number(part, out ulong seed))
                throw new InvalidInputException("--seeds", $"'{part.Trim()}' is no seed.", Fix);
            if (seeds.Contains(seed))
                throw new InvalidInputException("--seeds", $"has the seed {seed} twice.", "Give each seed once.");
            seeds.Add(seed);
        }

        return [.. seeds];
    }

    private sealed record Request(
        string? Job, IReadOnlyList<ulong>? Seeds, IReadOnlyList<string> Vary, IReadOnlyList<string> Settings, SweepFolds? Folds, string? SweepDirectory, bool Resume);
}
