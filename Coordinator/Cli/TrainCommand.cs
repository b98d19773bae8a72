using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed train</c>: runs a job in this process.</summary>
internal static class TrainCommand
{
    private const string RunsFolder = "runs";

    public static Command Create()
    {
        var job = new Argument<string?>("JOB.json") { Description = "The job file, or - for standard input. Without one, the job 'quickstart', which needs no data.", Arity = ArgumentArity.ZeroOrOne };
        var set = new Option<string[]>("--set") { Description = "Changes a setting: path=value, such as training.epochs=3 or stages.tuned.seed=2. May be repeated.", HelpName = "PATH=VALUE", Arity = ArgumentArity.OneOrMore };
        var runDirectory = new Option<string?>("--run-dir") { Description = "Folder of the run. Default: the next free runs/NAME-k.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Resumes the run in --run-dir from its last checkpoint. With more training.epochs (or steps) by --set, a run that is done goes on." };
        var fromStep = new Option<int?>("--from-step") { Description = "With --resume: goes back to the checkpoint of this step.", HelpName = "STEP" };
        var workers = new Option<int?>("--workers") { Description = "Short for --set cluster.workers=N.", HelpName = "N" };
        var shards = new Option<int?>("--shards") { Description = "Short for --set cluster.shards=N.", HelpName = "N" };
        var command = new Command("train", """
            Trains the model of a job: reads the data and the vectors, trains, evaluates, writes checkpoints.

            Examples:
              distembed train
              distembed train deploy/jobs/kim-sst2-nonstatic.json --set data.root=DATA --workers 2
              distembed train --run-dir runs/quickstart-1 --resume
              distembed train --run-dir runs/my-job-1 --resume --set training.epochs=12
            """) { job, set, runDirectory, resume, fromStep, workers, shards };
        command.SetAction((parsed, _) => RunAsync(new Request(
            parsed.GetValue(job),
            [.. parsed.GetValue(set) ?? [], .. Short("workers", parsed.GetValue(workers)), .. Short("shards", parsed.GetValue(shards))],
            parsed.GetValue(runDirectory), parsed.GetValue(resume), parsed.GetValue(fromStep))));
        return command;
    }

    /// <summary>The job that runs when none is named.</summary>
    public static string DefaultJob => Path.Combine(AppContext.BaseDirectory, "jobs", "quickstart.json");

    /// <summary>The setting that a short option stands for.</summary>
    public static IEnumerable<string> Short(string setting, int? value) => value is { } number ? [$"cluster.{setting}={number}"] : [];

    private static async Task<int> RunAsync(Request request)
    {
        JobFile job;
        Func<RunDirectory> place;
        if (request.Resume)
        {
            if (request.RunDirectory is null)
                throw new InvalidInputException("--resume", "needs to know which run goes on.", "Give --run-dir DIR.");
            RunDirectory directory = RunDirectory.Open(request.RunDirectory, "Check the path, or start a new run without --resume.");
            place = () => directory;
            if (request.Job is not null && JobFile.Load(request.Job, request.Settings) is { } given && JobFile.LoadStored(directory.JobPath) is { } stored && given.Fingerprint != stored.Fingerprint && !LongerTraining.IsOf(stored, given))
                throw new InvalidInputException(request.Job, $"is another job than the one in {directory.Path}: {ResumedJob.Differences(stored, given)}.", "Leave the job out: the run directory has its own job.json.");
            job = ResumedJob.Load(directory, request.Settings);
        }
        else
        {
            if (request.FromStep is not null)
                throw new InvalidInputException("--from-step", "only makes sense with --resume.", "Add --resume and --run-dir DIR.");
            job = JobFile.Load(request.Job ?? DefaultJob, request.Settings);
            if (request.RunDirectory is { } chosen)
            {
                RunDirectory.CheckPlace(chosen);
                place = () => RunDirectory.CreateAt(chosen);
            }
            else
            {
                RunDirectory.CheckRoot(RunsFolder);
                place = () => RunDirectory.CreateNext(RunsFolder, job.Name);
            }
        }

        using var signals = new StopSignals("Stopping: finishing the steps under way and writing a checkpoint. Again to end at once.");
        var report = new ConsoleReport(job);
        var training = new TrainingJob(job, place, report);
        RunResult result = await training.RunAsync(request.Resume, request.FromStep, signals.Token).ConfigureAwait(false);
        report.OnJobEnded(result, training.Directory);
        return result.Status == RunStatus.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    private sealed record Request(string? Job, IReadOnlyList<string> Settings, string? RunDirectory, bool Resume, int? FromStep);
}
