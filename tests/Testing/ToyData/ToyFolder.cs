using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using DistEmbed.Testing.Processes;
using Xunit.Sdk;

namespace DistEmbed.Testing.ToyData;

/// <summary>A folder with seeded toy data and jobs: three classes of sentences, some vectors. It goes with the test, unless that fails.</summary>
public sealed class ToyFolder : IDisposable
{
    /// <summary>First step that may move the embedding of <c>toy.json</c>.</summary>
    public const int ThawStep = 81;

    /// <summary>Steps of <c>toy.json</c>.</summary>
    public const int Steps = 200;

    private static readonly Dictionary<string, string[]> s_classWords = new()
    {
        ["food"] = ["bread", "soup", "salt", "cook", "taste"],
        ["sea"] = ["wave", "ship", "tide", "salt", "shore"],
        ["sport"] = ["ball", "goal", "team", "match", "score"],
    };

    private static readonly AsyncLocal<TempFolder?> s_current = new();
    private readonly TempFolder? _own;

    static ToyFolder() => AppDomain.CurrentDomain.FirstChanceException += (_, thrown) =>
    {
        if (thrown.Exception is XunitException && s_current.Value is { } folder)
            folder.IsKept = true;
    };

    /// <summary>Makes the folder. If an assertion fails in the flow of control that made it, it is kept.</summary>
    /// <param name="owner">The file of the class that makes it: the compiler gives it.</param>
    public ToyFolder([CallerFilePath] string owner = "")
        : this(new TempFolder(owner))
    {
    }

    private ToyFolder(TempFolder folder)
        : this(new DirectoryInfo(folder.Path)) => s_current.Value = _own = folder;

    private ToyFolder(DirectoryInfo folder)
    {
        Path = folder.FullName;
        Hold = new RunHold(Path);
        var random = new Random(5);
        Write("train.txt", Labelled(random, 400));
        Write("dev.txt", Labelled(random, 60));
        Write("test.txt", Labelled(random, 60));
        Write("text.txt", string.Concat(Enumerable.Range(0, 1200).Select(_ => Sentence(random, "sea") + "\n")));
        Write("vectors.txt", Vectors(random, 16));
        Write("toy.json", Classifier.Replace("ROOT", Path, StringComparison.Ordinal));
        Write("stages.json", Stages.Replace("ROOT", Path, StringComparison.Ordinal));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Holds the runs of the processes that are started in the folder.</summary>
    public RunHold Hold { get; }

    /// <summary>Makes the folder in a place that outlives the tests.</summary>
    public static ToyFolder At(string path) => new(Directory.CreateDirectory(path));

    /// <summary>A path in the folder.</summary>
    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file.</summary>
    public void Write(string name, string text) => File.WriteAllText(In(name), text);

    /// <summary>Copies a whole directory into this folder.</summary>
    public void Take(string directory, string name)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            string copy = In(name, System.IO.Path.GetRelativePath(directory, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Steps that the run has logged so far, all but the last one it has done; 0 while there is no log.</summary>
    public int LoggedSteps(string run)
    {
        string path = In(run, "metrics.jsonl");
        if (!File.Exists(path))
            return 0;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    /// <summary>Whether a run has come to the step at which it is held. The line of a step is written when the next one is done.</summary>
    public bool IsHeldAt(string run, int step) => LoggedSteps(run) >= step - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        ProcessHistory.Forget(Path);
        _own?.Dispose();
    }

    private static string Labelled(Random random, int count)
    {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            string label = s_classWords.Keys.ElementAt(random.Next(3));
            text.Append(label).Append(' ').Append(Sentence(random, label)).Append('\n');
        }

        return text.ToString();
    }

    private static string Sentence(Random random, string label) => string.Join(' ', Enumerable.Range(0, random.Next(5, 15))
        .Select(_ => random.Next(4) == 0 ? s_classWords[label][random.Next(5)] : string.Create(CultureInfo.InvariantCulture, $"w{random.Next(70)}")));

    private static string Vectors(Random random, int dimension) => string.Concat(s_classWords.Values.SelectMany(w => w).Distinct().Select(word =>
        word + string.Concat(Enumerable.Range(0, dimension).Select(_ => string.Create(CultureInfo.InvariantCulture, $" {random.NextSingle() - 0.5f:F4}"))) + "\n"));

    private const string Classifier = """
        {
          "name": "toy",
          "seed": 3,
          "data": { "format": "labelled-lines", "root": "ROOT", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
          "vectors": { "file": "vectors.txt" },
          "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 40, "dropout": 0.5 },
          "optimizers": {
            "default": { "kind": "adadelta", "untouched": "exact" },
            "output": { "kind": "sgd", "momentum": 0.9, "learningRate": 0.05, "maxNorm": 3 }
          },
          "freeze": [ { "group": "embedding", "untilEpoch": 4, "warmupSteps": 10 } ],
          "training": { "batch": 20, "slices": 3, "epochs": 10 },
          "evaluation": { "everyEpochs": 2 },
          "checkpoints": { "everySteps": 20, "keep": 100 },
          "report": { "metricsEverySteps": 1 }
        }
        """;

    private const string Stages = """
        {
          "name": "two",
          "seed": 7,
          "stages": [
            {
              "name": "words",
              "data": { "format": "plain-text", "root": "ROOT", "files": [ "text.txt" ] },
              "vectors": { "dimension": 16 },
              "model": { "kind": "cbow", "subsample": 0 },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
              "training": { "batch": 200, "slices": 2, "epochs": 2 }
            },
            {
              "name": "classes",
              "data": { "format": "labelled-lines", "root": "ROOT", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
              "vectors": { "file": "stage:words" },
              "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 40 },
              "optimizers": { "default": { "kind": "adadelta", "untouched": "exact" } },
              "training": { "batch": 20, "slices": 2, "epochs": 5 }
            }
          ],
          "checkpoints": { "everySteps": 20, "keep": 100 },
          "report": { "metricsEverySteps": 1, "tensorBoard": false }
        }
        """;
}
