using System.CommandLine;
using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed lr</c>: changes the base learning rate of a group.</summary>
internal static class LearningRateCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var group = new Argument<string>("GROUP") { Description = "Name of the group of tables, such as embedding; the status names them." };
        var rate = new Argument<string>("RATE") { Description = "The learning rate: a number, not negative." };
        var command = new Command("lr", """
            Changes the base learning rate of a group of tables of the running job; the job's schedule still multiplies it. Logged, and made again when the run is resumed.

            Examples:
              distembed lr embedding 0.01
              distembed lr embedding 0.01 --address 10.0.0.5:4100
            """) { group, rate };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            string given = parsed.GetRequiredValue(rate);
            if (!double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number) || number < 0)
                throw new InvalidInputException("RATE", $"'{given}' is no learning rate.", "Give a number that is not negative, such as 0.01.");
            var request = new SetLearningRateRequest { Group = parsed.GetRequiredValue(group), LearningRate = number };
            CommandReply reply = await client.AskAsync(calls => calls.SetLearningRateAsync(request).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"{request.Group} has learning rate {number.ToString(CultureInfo.InvariantCulture)} from step {reply.Step}.");
            return ExitCode.Done;
        });
        return command;
    }
}
