using System.CommandLine;
using System.Globalization;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed artifacts</c>: lists the files of a run on a coordinator.</summary>
internal static class ArtifactsCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var run = new Argument<string>("RUN") { Description = "Name of the run directory, such as quickstart-1." };
        var command = new Command("artifacts", """
            Lists the files of a run that can be downloaded, with their lengths in bytes.

            Examples:
              distembed artifacts quickstart-1
              distembed artifacts quickstart-1 --address 10.0.0.5:4100
            """) { run };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            var request = new ListArtifactsRequest { Run = parsed.GetRequiredValue(run) };
            ListArtifactsReply reply = await client.AskAsync(calls => calls.ListArtifactsAsync(request).ResponseAsync).ConfigureAwait(false);
            if (reply.Artifacts.Count == 0)
                return ExitCode.Done;
            var table = new TextTable(rightAligned: 1);
            foreach (Artifact file in reply.Artifacts)
                table.Add(file.Name, file.Length.ToString(CultureInfo.InvariantCulture));
            table.Write(Console.Out);
            return ExitCode.Done;
        });
        return command;
    }
}
