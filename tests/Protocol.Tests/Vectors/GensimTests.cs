using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;
using Xunit.Abstractions;
using static DistEmbed.Protocol.Tests.Vectors.VectorTestFiles;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>The files of gensim and ours are read by each other with the same bits. Runs where a Python with gensim is installed.</summary>
public sealed class GensimTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(100);
    private static readonly Lazy<string?> s_python = new(FindPython);
    private readonly TempFolder _folder = new();

    private static readonly (string Word, float[] Vector)[] s_entries =
    [
        ("the", [0.1f, -0f, 1e-45f]), ("caf\u00e9", [float.MaxValue, -1.17549435E-38f, 16777217f]), ("2\u00A01/2", [1 / 3f, -2 / 3f, 1e10f]), ("</s>", [3, -4, 5.5f]),
        ("10", [1.0000001f, 0.99999994f, -123456.789f]),
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gensim_reads_what_is_written_here()
    {
        if (s_python.Value is not { } python)
        {
            output.WriteLine("not run: no Python with gensim");
            return;
        }
        (VectorFormat Format, string Options)[] files =
        [
            (VectorFormat.Word2VecText, ""), (VectorFormat.FastTextVec, ""), (VectorFormat.Word2VecBinary, "binary=True"), (VectorFormat.GloVe, "no_header=True"),
        ];
        foreach ((VectorFormat format, _) in files)
            VectorWriter.Write(_folder.In($"{format}"), format, 3, s_entries.Length, s_entries.Select(e => (e.Word, (ReadOnlyMemory<float>)e.Vector)));

        // One process for all: importing gensim takes seconds.
        string[] lines = RunPython(
            python,
            """
            import sys
            from gensim.models import KeyedVectors
            for path, options in zip(sys.argv[1::2], sys.argv[2::2]):
                k = KeyedVectors.load_word2vec_format(path, **eval('dict(' + options + ')'))
                for w in k.index_to_key:
                    print(w.encode('utf-8').hex(), *['%08x' % b for b in k[w].view('uint32')])
            """,
            [.. files.SelectMany(f => new[] { _folder.In($"{f.Format}"), f.Options })]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(files.SelectMany(_ => s_entries.Select(e => $"{HexWord(e.Word)} {HexVector(e.Vector)}")), lines);
    }

    [Fact]
    public void What_gensim_writes_is_read_here()
    {
        if (s_python.Value is not { } python)
        {
            output.WriteLine("not run: no Python with gensim");
            return;
        }
        (string Name, string Options, VectorFormat Format)[] files =
        [
            ("text", "", VectorFormat.Word2VecText), ("binary", "binary=True", VectorFormat.Word2VecBinary), ("bare", "write_header=False", VectorFormat.GloVe),
        ];
        files = [.. files, .. files.Select(f => f with { Name = f.Name + ".gz" })];
        RunPython(
            python,
            """
            import sys, numpy
            from gensim.models import KeyedVectors
            folder, words, vectors = sys.argv[1:4]
            k = KeyedVectors(3)
            k.add_vectors([bytes.fromhex(w).decode('utf-8') for w in words.split()],
                numpy.array([[int(b, 16) for b in v.split()] for v in vectors.split(',')], dtype='uint32').view('float32'))
            for name, options in zip(sys.argv[4::2], sys.argv[5::2]):
                k.save_word2vec_format(folder + '/' + name, **eval('dict(' + options + ')'))
            """,
            [
                _folder.Path, string.Join(' ', s_entries.Select(e => HexWord(e.Word))), string.Join(',', s_entries.Select(e => HexVector(e.Vector))),
                .. files.SelectMany(f => new[] { f.Name, f.Options }),
            ]);

        foreach ((string name, _, VectorFormat format) in files)
        {
            var entries = ReadAll(_folder.In(name), out VectorReadCounts counts);
            Assert.Equal((format, name.EndsWith(".gz", StringComparison.Ordinal)), (counts.Info.Format, counts.Info.Compressed));
            Assert.Equal(s_entries.Select(e => $"{HexWord(e.Word)} {HexVector(e.Vector)}"), entries.Select(e => $"{HexWord(e.Word)} {HexVector(e.Vector)}"));
        }
    }

    private static string HexWord(string word) => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(word));

    private static string HexVector(float[] vector) =>
        string.Join(' ', vector.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8", CultureInfo.InvariantCulture)));

    /// <summary>The first Python that has gensim: a virtual environment's may come before the system's and lack it.</summary>
    private static string? FindPython()
    {
        foreach (string python in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                if (Run(python, "import gensim").ExitCode == 0)
                    return python;
            }
            catch (Win32Exception)
            {
                // There is no such program; the next may exist, and else the tests say that they did not run.
            }
        }
        return null;
    }

    private static string RunPython(string python, string script, params string[] arguments)
    {
        (int exitCode, string text, string errors) = Run(python, script, arguments);
        Assert.True(exitCode == 0, errors);
        return text;
    }

    private static (int ExitCode, string Output, string Errors) Run(string python, string script, params string[] arguments)
    {
        ProcessStartInfo start = new(python, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> text = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Assert.True(process.WaitForExit(s_deadline), $"{python} did not end within {s_deadline}");
            return (process.ExitCode, text.Result, errors.Result);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
