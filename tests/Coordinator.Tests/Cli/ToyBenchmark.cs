using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Testing;
using DistEmbed.Testing.ToyData;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>A folder with exactly the files that the benchmark's tasks say they read, each of a few examples, and two small files of vectors.</summary>
internal sealed class ToyBenchmark : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ToySentences _sentences = ToySentences.OfWeather(seed: 29);

    public ToyBenchmark()
    {
        foreach ((string path, string _) in BenchmarkTask.All.SelectMany(task => task.Files))
        {
            string full = In("data", path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllLines(full, Enumerable.Range(0, 40).SelectMany(i => LinesOf(Path.GetFileName(path), i)));
        }

        string[] words = [.. _sentences.Words];
        WriteVectors("a.txt", words[..6], word => [word < 3 ? 1 : -1, 0.1 * word, 0.5, -0.2]);
        WriteVectors("b.vec", words[4..], word => [0.3, -0.1 * word, 0.2]);
    }

    public string Root => _folder.Path;

    public string A => In("a.txt");

    public string B => In("b.vec");

    public string Data => In("data");

    public string In(params string[] parts) => _folder.In(parts);

    public void WriteVectors(string name, string[] words, Func<int, double[]> numbers) =>
        _folder.WriteLines(name, ToyVectors.Lines(words, numbers));

    public void Dispose() => _folder.Dispose();

    private IEnumerable<string> LinesOf(string file, int i)
    {
        int label = i % 2;
        string[] words = _sentences.Draw(label, words: 5, ownOneIn: 2);
        string text = string.Join(' ', words);
        return file switch
        {
            "wikigold.conll.txt" => [.. words.Select(word => $"{word} {(_sentences.Words.Take(3).Contains(word) ? "I-LOC" : "O")}"), ""],
            "subj.objective" => [text.Replace("storm", "sun", StringComparison.Ordinal)],
            "subj.subjective" => [text.Replace("sun", "storm", StringComparison.Ordinal)],
            _ when file.StartsWith("TREC", StringComparison.Ordinal) => [$"{(label == 0 ? "DESC" : "LOC")}:fine {text}"],
            _ => [$"{label} {text}"],
        };
    }
}
