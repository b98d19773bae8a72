using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Reports;

/// <summary>The directory of a run, and of each of its stages: where every part of it lies.</summary>
public sealed class RunDirectory
{
    /// <summary>Name of the file of words.</summary>
    public const string VocabularyName = "vocabulary.txt";

    private RunDirectory(string path) => Path = path;

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>The job as resolved.</summary>
    public string JobPath => In("job.json");

    /// <summary>Words and their rows.</summary>
    public string VocabularyPath => In(VocabularyName);

    /// <summary>Which row selectors of the job meet which rows; only where it has some.</summary>
    public string RowClassesPath => In("row-classes.bin");

    /// <summary>The metrics log.</summary>
    public string MetricsPath => In("metrics.jsonl");

    /// <summary>How far tuned vectors were from the pretrained ones at each checkpoint.</summary>
    public string DriftPath => In("drift.jsonl");

    /// <summary>What the job's probes measured at each checkpoint.</summary>
    public string ProbesPath => In("probes.jsonl");

    /// <summary>Nearest words before tuning and after, written at the end.</summary>
    public string NeighborsPath => In("neighbors.json");

    /// <summary>What was asked of the run while it trained.</summary>
    public string ChangesPath => In("changes.jsonl");

    /// <summary>The checkpoints.</summary>
    public CheckpointDirectory Checkpoints => new(In("checkpoints"));

    /// <summary>TensorBoard's event files.</summary>
    public string TensorBoardPath => In("tensorboard");

    /// <summary>The report.</summary>
    public string ReportPath => In("report.html");

    /// <summary>What the report shows of the weights themselves.</summary>
    public string AnalysisPath => In("analysis.json");

    /// <summary>The result, written at the end.</summary>
    public string ResultPath => In("result.json");

    /// <summary>
    /// Makes the directory of a new run: <c>ROOT/NAME-k</c>, k being one more than the highest there is. Two runs that start at the same time get two directories.
    /// </summary>
    /// <param name="root">Where runs lie, such as <c>runs</c>; made if need be.</param>
    /// <param name="name">Name of the job.</param>
    /// <exception cref="InvalidInputException">The directory cannot be made.</exception>
    public static RunDirectory CreateNext(string root, string name)
    {
        CheckName(name, "name");
        return new RunDirectory(NewDirectory.OfRun.CreateNext(root, name, made => Directory.CreateDirectory(System.IO.Path.Combine(made, "checkpoints"))));
    }

    /// <summary>Makes the directory of a new run at a place that the user names: it must not exist, or hold no file.</summary>
    /// <exception cref="InvalidInputException">It holds something, or cannot be made.</exception>
    public static RunDirectory CreateAt(string path) => new(NewDirectory.OfRun.CreateAt(path));

    /// <summary>
    /// Tells whether <see cref="CreateAt"/> would make a directory, and leaves nothing: a run's directory is made only once its data are read, and nobody wants to
    /// wait for that to hear that the place is taken or cannot be written.
    /// </summary>
    /// <exception cref="InvalidInputException">The directory holds something, or could not be made.</exception>
    public static void CheckPlace(string path) => NewDirectory.OfRun.CheckPlace(path);

    /// <summary>As <see cref="CheckPlace"/>, for <see cref="CreateNext"/> and the folder where runs lie, which may hold others.</summary>
    /// <exception cref="InvalidInputException">No directory could be made there.</exception>
    public static void CheckRoot(string root) => NewDirectory.OfRun.CheckRoot(root);

    /// <summary>Opens the directory of a run that is to go on, or that is to be looked at.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="fix">What to do where there is none; null: look at the path.</param>
    /// <exception cref="InvalidInputException">There is no run.</exception>
    public static RunDirectory Open(string path, string? fix = null)
    {
        fix ??= "Check the path: a run's directory is made by train, such as runs/quickstart-1.";
        var directory = new RunDirectory(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(directory.Path))
            throw new InvalidInputException(directory.Path, "there is no such run directory.", fix);
        if (!File.Exists(directory.JobPath))
            throw new InvalidInputException(directory.Path, "holds no job.json, so it is not a run directory.", fix);
        return directory;
    }

    /// <summary>The directory of a stage, <c>stages/NAME</c>, made if need be. Its parts are those of a run.</summary>
    public RunDirectory Stage(string name)
    {
        CheckName(name, "stage");
        var stage = new RunDirectory(System.IO.Path.Combine(Path, "stages", name));
        return NewDirectory.OfRun.Making(stage.Path, () =>
        {
            Directory.CreateDirectory(stage.Path);
            return stage;
        });
    }

    private static void CheckName(string name, string what)
    {
        if (name.Length == 0 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw new InvalidInputException(what, $"'{name}' does not name a directory.", "Use letters, digits, dot, dash and underscore, a dot not first.");
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
