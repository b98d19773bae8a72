using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using DistEmbed.Protocol.Vectors;
using Xunit.Abstractions;
using static DistEmbed.Protocol.Tests.Vectors.VectorTestFolder;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>The files of gensim and ours are read by each other with the same bits. Runs where a Python with gensim is installed.</summary>
public sealed class GensimTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(100);
    private static readonly Lazy<string?> s_python = new(FindPython);
    private readonly VectorTestFolder _folder = new();

    private static readonly (string Word, float[] Vector)[] s_entries =
    [
        ("the", [0.1f, -0f, 1e-45f]), ("caf\u00e9", [float.MaxValue, -1.17549435E-38f, 16777217f]), ("2\u00A01/2", [1 / 3f, -2 / 3f, 1e10f]), ("</s>", [3, -4, 5.5f]),
        ("10", [1.0000001f, 0.99999994f, -123456.789f]),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(VectorFormat.Word2VecText, "")]
    [InlineData(VectorFormat.FastTextVec, "")]
    [InlineData(VectorFormat.Word2VecBinary, ", binary=True")]
    [InlineData(VectorFormat.GloVe, ", no_header=True")]
    public void Gensim_reads_what_is_written_here(VectorFormat format, string options)
    {
        if (s_python.Value is not { } python)
        {
            output.WriteLine("not run: no Python with gensim");
            return;
        }
        string path = _folder.PathOf("ours");
        VectorWriter.Write(path, format, 3, s_entries.Length, s_entries.Select(e => (e.Word, (ReadOnlyMemory<float>)e.Vector)));

        string[] lines = RunPython(
            python,
            $"""
            import sys
            from gensim.models import KeyedVectors
            k = KeyedVectors.load_word2vec_format(sys.argv[1]{options})
            for w in k.index_to_key:
                print(w.encode('utf-8').hex(), *['%08x' % b for b in k[w].view('uint32')])
            """,
            path).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(
            s_entries.Select(e => string.Join(' ', e.Vector.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8", CultureInfo.InvariantCulture))
                .Prepend(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(e.Word))))),
            lines);
    }

    [Theory]
    [InlineData("", VectorFormat.Word2VecText)]
    [InlineData(", binary=True", VectorFormat.Word2VecBinary)]
    [InlineData(", write_header=False", VectorFormat.GloVe)]
    public void What_gensim_writes_is_read_here(string options, VectorFormat format)
    {
        if (s_python.Value is not { } python)
        {
            output.WriteLine("not run: no Python with gensim");
            return;
        }
        foreach (string extension in new[] { "", ".gz" })
        {
            string path = _folder.PathOf("theirs" + extension);
            RunPython(
                python,
                $"""
                import sys, numpy
                from gensim.models import KeyedVectors
                k = KeyedVectors(3)
                k.add_vectors([bytes.fromhex(w).decode('utf-8') for w in sys.argv[2::2]],
                    numpy.array([[int(b, 16) for b in v.split()] for v in sys.argv[3::2]], dtype='uint32').view('float32'))
                k.save_word2vec_format(sys.argv[1]{options})
                """,
                [path, .. s_entries.SelectMany(e => new[]
                {
                    Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(e.Word)),
                    string.Join(' ', e.Vector.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8", CultureInfo.InvariantCulture))),
                })]);

            var entries = ReadAll(path, out VectorReadCounts counts);

            Assert.Equal((format, extension.Length > 0), (counts.Info.Format, counts.Info.Compressed));
            Assert.Equal(s_entries.Select(e => e.Word), entries.Select(e => e.Word));
            Assert.Equal(
                s_entries.SelectMany(e => e.Vector).Select(BitConverter.SingleToUInt32Bits), entries.SelectMany(e => e.Vector).Select(BitConverter.SingleToUInt32Bits));
        }
    }

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
