using System.Globalization;
using System.Text;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

/// <summary>A folder with seeded toy data and jobs: three classes of sentences, some vectors. It goes with the test.</summary>
internal sealed class ToyFolder : IDisposable
{
    /// <summary>First step that may move the embedding of <c>toy.json</c>.</summary>
    public const int ThawStep = 161;

    /// <summary>Steps of <c>toy.json</c>.</summary>
    public const int Steps = 400;

    private static readonly Dictionary<string, string[]> s_classWords = new()
    {
        ["food"] = ["bread", "soup", "salt", "cook", "taste"],
        ["sea"] = ["wave", "ship", "tide", "salt", "shore"],
        ["sport"] = ["ball", "goal", "team", "match", "score"],
    };

    public ToyFolder()
        : this(Directory.CreateTempSubdirectory("distembed-process-").FullName)
    {
    }

    public ToyFolder(string path)
    {
        Path = path;
        var random = new Random(5);
        Write("train.txt", Labelled(random, 400));
        Write("dev.txt", Labelled(random, 60));
        Write("test.txt", Labelled(random, 60));
        Write("text.txt", string.Concat(Enumerable.Range(0, 3000).Select(_ => Sentence(random, "sea") + "\n")));
        Write("vectors.txt", Vectors(random, 16));
        Write("toy.json", Classifier);
        Write("stages.json", Stages);
    }

    public string Path { get; }

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Write(string name, string text) => File.WriteAllText(In(name), text);

    public RunDirectory Run(string name = "run") => RunDirectory.Open(In(name));

    /// <summary>Copies a whole directory into this folder.</summary>
    public RunDirectory Take(RunDirectory run, string name)
    {
        foreach (string file in Directory.EnumerateFiles(run.Path, "*", SearchOption.AllDirectories))
        {
            string copy = In(name, System.IO.Path.GetRelativePath(run.Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return Run(name);
    }

    /// <summary>Steps that the run has logged so far; 0 while there is no log.</summary>
    public int LoggedSteps(string run)
    {
        string path = In(run, "metrics.jsonl");
        if (!File.Exists(path))
            return 0;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

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
          "data": { "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
          "vectors": { "file": "vectors.txt" },
          "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 100, "dropout": 0.5 },
          "optimizers": {
            "default": { "kind": "adadelta", "untouched": "exact" },
            "output": { "kind": "sgd", "momentum": 0.9, "learningRate": 0.05, "maxNorm": 3 }
          },
          "freeze": [ { "group": "embedding", "untilEpoch": 8, "warmupSteps": 10 } ],
          "training": { "batch": 20, "slices": 3, "epochs": 20 },
          "evaluation": { "everyEpochs": 4 },
          "checkpoints": { "everySteps": 40, "keep": 100 },
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
              "data": { "format": "plain-text", "files": [ "text.txt" ] },
              "vectors": { "dimension": 16 },
              "model": { "kind": "cbow", "subsample": 0 },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
              "training": { "batch": 200, "slices": 2, "epochs": 4 }
            },
            {
              "name": "classes",
              "data": { "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
              "vectors": { "file": "stage:words" },
              "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 100 },
              "optimizers": { "default": { "kind": "adadelta", "untouched": "exact" } },
              "training": { "batch": 20, "slices": 2, "epochs": 10 }
            }
          ],
          "checkpoints": { "everySteps": 30, "keep": 100 },
          "report": { "metricsEverySteps": 1, "tensorBoard": false }
        }
        """;
}
