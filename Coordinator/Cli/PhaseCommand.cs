using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed phase</c>: the phases of the running job.</summary>
internal static class PhaseCommand
{
    public static Command Create() => new("phase", """
        The phases of the running job.

        Examples:
          distembed phase next
        """)
    {
        Next(),
    };

    private static Command Next()
    {
        var door = new DoorArguments();
        var command = new Command("next", """
            Ends the phase of training that the running job is in: the next begins with the step after the last granted one. It is logged, and done again when the run is resumed.
            'distembed status' shows the phase, 'distembed plan' all phases of a job.

            Examples:
              distembed phase next
              distembed phase next --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            CommandReply reply = await client.AskAsync(calls => calls.BeginNextPhaseAsync(new BeginNextPhaseRequest()).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"The next phase begins with step {reply.Step}.");
            return ExitCode.Done;
        });
        return command;
    }
}
