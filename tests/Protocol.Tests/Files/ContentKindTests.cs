using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CsCheck;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Tests.Files;

public class ContentKindTests
{
    [Theory]
    [InlineData("a.txt", "a zip archive")]
    [InlineData("[Content_Types].xml", "an Office document (.docx, .xlsx, .pptx)")]
    [InlineData("mimetype", "an OpenDocument or EPUB document")]
    [InlineData("arr_0.npy", "a NumPy archive (.npz)")]
    [InlineData("archive/data.pkl", "a PyTorch file")]
    public void A_zip_archive_is_named_by_what_it_holds(string entry, string name)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream content = zip.CreateEntry(entry).Open();
            content.Write("pos a film\n"u8);
        }

        Assert.Equal(name, ContentKind.Of(bytes.ToArray())?.Name);
    }

    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void A_tar_archive_of_any_format_is_known_and_text_that_is_nearly_one_is_not(TarEntryFormat format)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, format, leaveOpen: true))
        {
            TarEntryType type = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
            TarEntry entry = format switch
            {
                TarEntryFormat.Ustar => new UstarTarEntry(type, "train.txt"),
                TarEntryFormat.V7 => new V7TarEntry(type, "train.txt"),
                TarEntryFormat.Pax => new PaxTarEntry(type, "train.txt"),
                _ => new GnuTarEntry(type, "train.txt"),
            };
            entry.DataStream = new MemoryStream("pos a film\n"u8.ToArray());
            tar.WriteEntry(entry);
        }

        byte[] whole = bytes.ToArray();
        Assert.Equal("a tar archive", ContentKind.Of(whole)?.Name);
        whole[0]++;
        Assert.Null(ContentKind.Of(whole));
    }

    [Theory]
    [InlineData("425A68393141592653590000", "a bzip2 file")]
    [InlineData("FD377A585A0000", "an xz file")]
    [InlineData("28B52FFD04", "a Zstandard file")]
    [InlineData("377ABCAF271C", "a 7z archive")]
    [InlineData("504152311504", "a Parquet file")]
    [InlineData("255044462D312E34", "a PDF document")]
    [InlineData("934E554D505901", "a NumPy array")]
    [InlineData("80049500", "a Python pickle")]
    [InlineData("53514C69746520666F726D6174203300", "an SQLite database")]
    [InlineData("D0CF11E0A1B11AE100", "an old Office document (.doc, .xls, .ppt)")]
    [InlineData("894844460D0A1A0A", "an HDF5 file")]
    [InlineData("4800000000000000" + "7B225F5F", "a safetensors file")]
    [InlineData("BA164F2F0C000000", "a fastText .bin model")]
    [InlineData("0005160700020000", "a resource file of macOS (AppleDouble)")]
    public void Formats_are_known_by_their_first_bytes(string hex, string name) =>
        Assert.Equal(name, ContentKind.Of(Convert.FromHexString(hex))?.Name);

    [Theory]
    [InlineData("BZh the word")]
    [InlineData("PAR1 A road")]
    [InlineData("PK the word")]
    [InlineData("ORC and elf")]
    [InlineData("Obj lesson")]
    [InlineData("7z a word")]
    [InlineData("X\nY\n")]
    [InlineData("")]
    public void Text_that_begins_like_one_of_them_is_text(string text) => Assert.Null(ContentKind.Of(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Any_text_is_text_in_any_encoding() => Gen.Select(Gen.String, Gen.OneOfConst("utf-8", "utf-16", "utf-16BE", "utf-32")).Sample(
        (text, encoding) => ContentKind.Of(Encoding.GetEncoding(encoding).GetBytes("a " + text)) is null, iter: 2000);

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-32BE")]
    public void Lines_in_any_script_without_a_mark_are_known_by_their_NULs(string encoding)
    {
        Gen<string> word = Gen.OneOf(Gen.Char['a', 'z'], Gen.Char['а', 'я'], Gen.Char['가', '힣'], Gen.Char['ぁ', 'ん']).Array[1, 12].Select(c => new string(c));
        Gen.Select(word, word, (one, two) => $"{one} {two}\n").Array[4, 40].Sample(
            lines => UnmarkedUnicode.Of(Encoding.GetEncoding(encoding).GetBytes(string.Concat(lines))) == encoding, iter: 500);
    }

    [Fact]
    public void Other_text_is_not_taken_for_it_even_with_a_stray_NUL() => Gen.Select(Gen.String, Gen.OneOfConst("", "\0")).Sample(
        (text, nul) => UnmarkedUnicode.Of(Encoding.UTF8.GetBytes("a line of text " + text.Replace("\0", "") + nul)) is null, iter: 2000);

    [Fact]
    public void Utf8_under_the_name_of_utf_16_is_seen()
    {
        Assert.True(UnmarkedUnicode.IsUtf8("pos é film\nneg 坏"u8));
        Assert.True(UnmarkedUnicode.IsUtf8([.. "pos "u8, 0xE5, 0x9D])); // cut inside a character
        Assert.False(UnmarkedUnicode.IsUtf8(Encoding.Unicode.GetBytes("坏 好\n")));
        Assert.False(UnmarkedUnicode.IsUtf8([]));
    }
}
