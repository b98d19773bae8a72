using System.CommandLine;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed submit</c>: has a coordinator run a job.</summary>
internal static class SubmitCommand
{
    // A coordinator that stands by takes over within a minute, or in three where a network file system keeps a lost machine's lock.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    public static Command Create()
    {
        var door = new DoorArguments();
        var job = new Argument<string>("JOB.json") { Description = "The job file, or - for standard input. Relative paths in it are the coordinator's: data and vectors lie there, not here." };
        var set = new Option<string[]>("--set") { Description = "Changes a setting: path=value, such as training.epochs=3. May be repeated.", HelpName = "PATH=VALUE", Arity = ArgumentArity.OneOrMore };
        var runDirectory = new Option<string?>("--run-dir") { Description = "Goes on with this run of the coordinator's from its last checkpoint. Default: a new run.", HelpName = "NAME" };
        var follow = new Option<bool>("--follow") { Description = "Shows progress until the job ends and returns its exit code. Ctrl-C stops the job with a checkpoint; again: leaves at once." };
        var here = new Option<bool>("--here") { Description = "Relative paths start from the job file's folder, as with train: for a coordinator that sees the same files." };
        var command = new Command("submit", """
            Has a coordinator run a job, checked before anything starts. Data and vectors are read by the coordinator. Relative paths in the job start from data.root;
            without that, from the folder that the coordinator was started in, or with --here from the job file's.

            Examples:
              distembed submit my-job.json
              distembed submit my-job.json --set training.epochs=3 --follow
              distembed submit my-job.json --run-dir kim-1 --address 10.0.0.5:4100
            """) { job, set, runDirectory, follow, here };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            string file = parsed.GetRequiredValue(job);
            string[] settings = parsed.GetValue(set) ?? [];
            JobOrigin origin = JobOrigin.OfFile(file);
            var request = new SubmitRequest { JobJson = JobFile.ReadText(file), JobName = origin.Name };
            if (parsed.GetValue(here))
                request.Folder = origin.Folder;
            request.Settings.Add(parsed.GetValue(here) ? JobOrigin.WithFullRoot(settings) : settings);
            if (parsed.GetValue(runDirectory) is { } name)
                request.RunDirectory = name;
            string run = (await client.AskAsync(calls => calls.SubmitAsync(request).ResponseAsync).ConfigureAwait(false)).RunDirectory;
            Console.Out.WriteLine(run);
            if (!parsed.GetValue(follow))
                return ExitCode.Done;
            using var signals = new StopSignals("Stopping: the coordinator finishes the steps under way and writes a checkpoint. Again to leave at once.");
            return await new FollowedJob(client, run, s_patience).RunAsync(signals.Token).ConfigureAwait(false);
        });
        return command;
    }
}
