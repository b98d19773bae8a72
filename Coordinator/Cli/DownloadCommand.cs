using System.CommandLine;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed download</c>: fetches a file of a run from a coordinator.</summary>
internal static class DownloadCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var run = new Argument<string>("RUN") { Description = "Name of the run directory, such as quickstart-1." };
        var name = new Argument<string>("NAME") { Description = "Name of the file, as 'distembed artifacts' lists it." };
        var output = new Option<string?>("--output") { Description = "The file to write. Default: the last part of NAME, in the current folder.", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replaces a file that exists." };
        var command = new Command("download", """
            Fetches a file of a run from a coordinator. The file is there once all of it is.

            Examples:
              distembed download quickstart-1 result.json
              distembed download quickstart-1 metrics.jsonl --output metrics.jsonl --force
            """) { run, name, output, force };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            var request = new DownloadArtifactRequest { Run = parsed.GetRequiredValue(run), Name = parsed.GetRequiredValue(name) };
            string path = OutputPath.File(parsed.GetValue(output) ?? Path.GetFileName(request.Name), parsed.GetValue(force));
            long length = await client.AskAsync(calls => FetchAsync(calls, request, path)).ConfigureAwait(false);
            Console.Out.WriteLine($"{path}: {length} bytes");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<long> FetchAsync(TrainingControl.TrainingControlClient calls, DownloadArtifactRequest request, string path)
    {
        AtomicFile? file = null;
        try
        {
            long length = 0;
            await foreach (ArtifactChunk chunk in RunFileChunks.Of(calls, request).ConfigureAwait(false))
            {
                // Nothing is made where the coordinator refuses.
                file ??= AtomicFile.Create(path, length = chunk.Length);
                await file.Stream.WriteAsync(chunk.Data.Memory).ConfigureAwait(false);
            }

            file!.Commit();
            return length;
        }
        finally
        {
            file?.Dispose();
        }
    }
}
