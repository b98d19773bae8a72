using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed report</c>: the report of a run, finished or not.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Directory of the run, such as runs/quickstart-1." };
        var output = new Option<string?>("--output") { Description = "The file. Default: report.html in the run's directory, which is replaced.", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replaces the file that --output names." };
        var command = new Command("report", """
            Writes the report of a run, one HTML file that opens without a network: learning curves, results, confusions, the words that moved most, rows and bytes moved, what was
            changed meanwhile, the job. Every run leaves one at its end, unless its job sets report.html to false; of one that is under way or was stopped it shows what there is.

            Examples:
              distembed report runs/quickstart-1
              distembed report runs/quickstart-1 --output quickstart.html
            """) { run, output, force };
        command.SetAction(parsed =>
        {
            RunDirectory directory = RunDirectory.Open(parsed.GetRequiredValue(run));
            string path = parsed.GetValue(output) is { } given ? OutputPath.File(given, parsed.GetValue(force)) : OutputPath.File(directory.ReportPath, force: true);
            OutputPath.Write(path, () => RunReport.Write(directory, path, look: true));
            Console.Out.WriteLine($"Wrote {path}.");
            return ExitCode.Done;
        });
        return command;
    }
}
