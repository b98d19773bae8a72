using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>A folder with exactly the files that the benchmark's tasks say they read, each of a few examples, and two small files of vectors.</summary>
internal sealed class ToyBenchmark : IDisposable
{
    /// <summary>The first three are said of one class, the next three of the other, the rest of both.</summary>
    private static readonly string[] s_words = ["sun", "warm", "calm", "storm", "cold", "dark", "day", "sea", "night", "sky"];

    private readonly TempFolder _folder = new();

    private CounterRandom _random = new(29, RandomPurpose.DataSplit);

    public ToyBenchmark()
    {
        foreach ((string path, string _) in BenchmarkTask.All.SelectMany(task => task.Files))
        {
            string full = In("data", path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllLines(full, Enumerable.Range(0, 40).SelectMany(i => LinesOf(Path.GetFileName(path), i)));
        }

        WriteVectors("a.txt", s_words[..6], word => [word < 3 ? 1 : -1, 0.1 * word, 0.5, -0.2]);
        WriteVectors("b.vec", s_words[4..], word => [0.3, -0.1 * word, 0.2]);
    }

    public string Root => _folder.Path;

    public string A => In("a.txt");

    public string B => In("b.vec");

    public string Data => In("data");

    public string In(params string[] parts) => _folder.In(parts);

    public void WriteVectors(string name, string[] words, Func<int, double[]> numbers) => _folder.WriteLines(name, words.Select((word, i) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{word} {string.Join(' ', numbers(i).Select(n => n.ToString("F3", System.Globalization.CultureInfo.InvariantCulture)))}")));

    public void Dispose() => _folder.Dispose();

    private IEnumerable<string> LinesOf(string file, int i)
    {
        int label = i % 2;
        string[] words = [.. Enumerable.Range(0, 5).Select(_ => _random.NextInt(2) == 0 ? s_words[(3 * label) + _random.NextInt(3)] : s_words[6 + _random.NextInt(4)])];
        string text = string.Join(' ', words);
        return file switch
        {
            "wikigold.conll.txt" => [.. words.Select(word => $"{word} {(Array.IndexOf(s_words, word) < 3 ? "I-LOC" : "O")}"), ""],
            "subj.objective" => [text.Replace("storm", "sun", StringComparison.Ordinal)],
            "subj.subjective" => [text.Replace("sun", "storm", StringComparison.Ordinal)],
            _ when file.StartsWith("TREC", StringComparison.Ordinal) => [$"{(label == 0 ? "DESC" : "LOC")}:fine {text}"],
            _ => [$"{label} {text}"],
        };
    }
}
